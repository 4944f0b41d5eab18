"""The parts of tests/bench/swarm.sh: scenarios, bars, and what a run came to against them.

The stage, the viewers and the measuring are the demo's (deploy/demo).
"""
