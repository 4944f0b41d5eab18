"""The parts of deploy/demo.sh: a live stream, a CDN, a tracker, viewers, and what comes of them.

The tests use them too. Python 3.11 and its standard library, nothing else.
"""
