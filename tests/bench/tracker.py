"""tests/bench/tracker.sh once all is installed and built: rounds of its parts, and their bars."""

import argparse
import os
import shutil
import signal
import sys
import tempfile

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [_TESTS, os.path.join(os.path.dirname(_TESTS), "deploy")]

from bench import bars, report, tracker_figures, tracker_parts
from bench.tracker_servers import HERE, ROOT, Workshop
from demo.processes import Failed


class _Parser(argparse.ArgumentParser):
    def format_help(self):
        with open(os.path.join(HERE, "tracker_usage.txt"), encoding="utf-8") as usage:
            return usage.read()

    def format_usage(self):
        return "see tests/bench/tracker.sh --help\n"


def _between(kind, least, most):
    def parse(text):
        number = kind(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return number
    return parse


def make_parser():
    parser = _Parser(prog="tests/bench/tracker.sh", allow_abbrev=False)
    parser.add_argument("--only", action="append", choices=tracker_parts.ALL, default=[])
    parser.add_argument("--runs", type=_between(int, 1, 100), default=3)
    parser.add_argument("--seconds", type=_between(float, 0.5, 3600), default=5.0)
    parser.add_argument("--json")
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "bench"))
    parser.add_argument("--keep", action="store_true")
    # For tracker.sh, which wants to know before it builds for minutes.
    parser.add_argument("--check-options", action="store_true", help=argparse.SUPPRESS)
    return parser


def check(all_bars, figures):
    """The Checks of the figures that there are."""
    return [bars.Check(figure, figures[figure], **{kind: bar})
            for kind in ("at_least", "at_most")
            for figure, bar in all_bars[kind].items() if figure in figures]


class Bench:
    """Carries out `options`, round by round."""

    def __init__(self, options):
        self.runs = []  # the figures of each round
        self.skipped = {}  # part: why
        self.failure = None
        self._options = options
        self._bars = bars.load(os.path.join(HERE, "tracker_bars.json"))
        self._where = report.machine()

    def run(self, make_parts=tracker_parts.Parts):
        names = [name for name in tracker_parts.ALL if name in (self._options.only
                                                               or tracker_parts.ALL)]
        for name in names:
            if missing := tracker_parts.ALL[name]:
                if why_not := missing():
                    self.skipped[name] = why_not
                    print(f"SKIPPED {name}: {why_not}", flush=True)
        folder = tempfile.mkdtemp(prefix="shoal-tracker-bench-")
        os.chmod(folder, 0o755)  # opentracker gives up root's rights
        workshop = Workshop(self._options.build_dir, folder)
        parts = make_parts(workshop, self._options.seconds, lambda text: print(f"  {text}",
                                                                               flush=True))
        try:
            for number in range(self._options.runs):
                print(f"-- round {number + 1} of {self._options.runs}", flush=True)
                self.runs.append({})
                for name in names:
                    if name not in self.skipped and not (number and name in tracker_parts.ONCE):
                        self.runs[-1].update(getattr(parts, name)())
        except (Failed, OSError) as error:
            self.failure = str(error)
        finally:
            for process in list(workshop.running):
                process.stop()
            if self._options.keep:
                print(f"logs: {folder}")
            else:
                shutil.rmtree(folder, ignore_errors=True)

    def document(self):
        figures = tracker_figures.merge(self.runs)
        checks = check(self._bars, figures)
        return {
            "machine": self._where, "figures": figures, "runs": self.runs,
            "skipped": self.skipped, "failure": self.failure,
            "checks": [{"figure": c.figure, "value": c.value, "at_most": c.at_most,
                        "at_least": c.at_least, "passed": c.passed} for c in checks],
            "passed": self.failure is None and all(c.passed for c in checks)}

    def say(self):
        figures = tracker_figures.merge(self.runs)
        print("\n" + "\n".join(f"{key:40}{'not known' if value is None else f'{value:g}':>12}"
                               for key, value in figures.items()))
        print("\n".join(["", *(c.text() for c in check(self._bars, figures))]))
        if self.failure is not None:
            print(f"FAILED: {self.failure}")


def _interrupt(number, _frame):
    raise KeyboardInterrupt(number)


def main():
    options = make_parser().parse_args()
    if options.check_options:
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    bench = Bench(options)
    try:
        bench.run()
    except KeyboardInterrupt as interrupt:
        return 128 + (interrupt.args[0] if interrupt.args else signal.SIGINT)
    finally:
        bench.say()
        if options.json:
            report.write_document(options.json, bench.document())
    return 0 if bench.document()["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
