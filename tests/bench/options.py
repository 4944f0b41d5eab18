"""The options of tests/bench/swarm.sh. What they mean is in usage.txt, which --help prints."""

import argparse
import os

from bench import scenario
from demo.options import ROOT, VIEWERS_MAX

HERE = os.path.dirname(os.path.abspath(__file__))


class _Parser(argparse.ArgumentParser):
    def format_help(self):
        with open(os.path.join(HERE, "usage.txt"), encoding="utf-8") as usage:
            return usage.read()

    def format_usage(self):
        return "see tests/bench/swarm.sh --help\n"


def _number(text, kind, most):
    number = kind(text)
    if not 1 <= number <= most:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {most}")
    return number


def make_parser():
    parser = _Parser(prog="tests/bench/swarm.sh", allow_abbrev=False)
    parser.add_argument("--scenario", action="append", default=[])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--viewers", type=lambda text: _number(text, int, VIEWERS_MAX))
    parser.add_argument("--seconds", type=lambda text: _number(text, float, 86400))
    parser.add_argument("--runs", type=lambda text: _number(text, int, 100), default=1)
    parser.add_argument("--json")
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--keep", action="store_true")
    # For swarm.sh, which wants to know before it builds for minutes.
    parser.add_argument("--check-options", action="store_true", help=argparse.SUPPRESS)
    return parser


def parse_options(arguments=None):
    """The options, with `scenarios` a list of Scenarios."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.all == bool(options.scenario):
        parser.error(f"either --all or --scenario, of {', '.join(scenario.names())}")
    try:
        options.scenarios = [scenario.load(name) for name in options.scenario or scenario.names()]
    except scenario.BadScenario as error:
        parser.error(str(error))
    return options
