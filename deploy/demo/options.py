"""The options of deploy/demo.sh. What they mean is in usage.txt, which --help prints."""

import argparse
import os
import urllib.parse

from demo.rates import bits_per_second

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VIEWERS_MAX = 200


class _Parser(argparse.ArgumentParser):
    def format_help(self):
        with open(os.path.join(HERE, "usage.txt"), encoding="utf-8") as usage:
            return usage.read()

    def format_usage(self):
        return "see deploy/demo.sh --help\n"


def _count(text):
    count = int(text)
    if not 1 <= count <= VIEWERS_MAX:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {VIEWERS_MAX}")
    return count


def _seconds(text):
    seconds = float(text)
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds")
    return seconds


def _stream(text):
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path in ("", "/"):
        raise argparse.ArgumentTypeError(f"'{text}' is no http(s) URL of a playlist")
    return text


def make_parser():
    parser = _Parser(prog="deploy/demo.sh", allow_abbrev=False)
    parser.add_argument("--viewers", type=_count, default=4)
    parser.add_argument("--seconds", type=_seconds)
    parser.add_argument("--join-over", type=_seconds, default=20.0)
    parser.add_argument("--uplink", type=bits_per_second)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--stream", type=_stream)
    parser.add_argument("--handoff", choices=("deadline", "request"), default="deadline")
    parser.add_argument("--assignment", choices=("lottery", "ratio", "off"), default="lottery")
    parser.add_argument("--json")
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--keep", action="store_true")
    # For demo.sh, which wants to know before it builds for minutes.
    parser.add_argument("--check-options", action="store_true", help=argparse.SUPPRESS)
    return parser


def parse_options(arguments=None):
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.compare and not options.seconds:
        parser.error("--compare wants to know how long: --seconds S")
    if options.compare and options.assignment == "off":
        parser.error("--compare compares with --assignment=off; there is no use in asking for both")
    if options.seconds and options.join_over >= options.seconds:
        parser.error(f"--join-over {options.join_over:g} leaves nobody to measure within"
                     f" --seconds {options.seconds:g}")
    if options.uplink and options.stream:
        parser.error("--uplink and --stream exclude each other: the viewers' own network has no way"
                     " out to the stream")
    if options.uplink and os.geteuid() != 0:
        parser.error("--uplink makes network namespaces and needs root: sudo deploy/demo.sh ...")
    return options
