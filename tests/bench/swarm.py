"""tests/bench/swarm.sh once all is installed and built: runs cases and holds them to their bars."""

import contextlib
import os
import signal
import sys
import time

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [_TESTS, os.path.join(os.path.dirname(_TESTS), "deploy")]

from bench import bars, figures, report
from bench.options import parse_options
from demo import net
from demo.measure import Run
from demo.processes import Failed
from demo.stage import Stage
from demo.table import Table

_CANNOT_RUN = 77
# What starting and stopping may take on top of a run's own time.
_GRACE_S = 60.0
_GRACE_PER_VIEWER_S = 3.0


@contextlib.contextmanager
def at_most(seconds, what):
    """Raises Failed within the block after `seconds`. REQUIRES: the main thread."""
    def give_up(_number, _frame):
        raise Failed(f"{what} did not end within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Bench:
    """Carries out `options`, one case after the other."""

    def __init__(self, options):
        self.cases = []
        self._options = options
        self._bars = bars.load()
        self._where = report.machine()

    def run(self):
        todo = [(scenario, viewers) for scenario in self._options.scenarios
                for viewers in ([self._options.viewers] if self._options.viewers
                                else scenario.viewers)]
        for number, (scenario, viewers) in enumerate(todo, 1):
            print(f"\n==== {number} of {len(todo)}: {scenario.name}, {viewers} viewers. "
                  f"{scenario.about}", flush=True)
            self.cases.append(self._run_case(scenario, viewers))
            report.say_case(self.cases[-1])
            if self._options.json not in (None, "-"):
                report.write_json(self._options.json, self._where, self.cases)

    def close(self):
        """Prints what came of all cases, those before an interruption included."""
        report.say_all(self.cases)
        if self._options.json == "-":
            report.write_json("-", self._where, self.cases)

    def _run_case(self, scenario, viewers):
        seconds = self._options.seconds
        case = report.Case(scenario.name, viewers, seconds or scenario.seconds,
                           scenario.as_written(seconds))
        try:
            case.pairs = [self._run_pair(scenario, viewers, f"{case.name}, run {number + 1}")
                          for number in range(self._options.runs)]
        except (Failed, OSError) as error:
            case.failure = str(error)
            return case
        case.figures = figures.of_all(case.pairs)
        case.checks = bars.check(self._bars, scenario.name, viewers, case.figures)
        if not case.as_written:
            case.checks = [check for check in case.checks if check.figure in bars.WHOLE]
        return case

    def _run_pair(self, scenario, viewers, name):
        """The figures of a run with peers and of the same without."""
        plan = scenario.plan(viewers, self._options.seconds)
        with Stage(self._options.build_dir, scenario.lines(viewers), "shoal-bench",
                   self._options.keep) as stage:
            stage.make_stream(scenario.vod_segments(self._options.seconds))
            swarm = self._run(stage, plan, f"{name}, with peers")
            off = self._run(stage, plan.but(assignment="off"), f"{name}, without peers")
        return figures.of_pair(swarm, off)

    def _run(self, stage, plan, name):
        print(f"-- {name}: {plan.seconds:.0f} s", flush=True)
        run = Run(stage, plan, Table(sys.stdout, sys.stdout.isatty(), plain_every=10.0))
        limit = plan.seconds + _GRACE_S + _GRACE_PER_VIEWER_S * len(plan.joins)
        with at_most(limit, name):
            result = run.measure()
        if run.interrupted:
            raise KeyboardInterrupt(run.interrupted)
        return figures.of_run(result)


def _interrupt(number, _frame):
    raise KeyboardInterrupt(number)


def main():
    options = parse_options()
    if os.geteuid() != 0:
        print("tests/bench/swarm.sh: SKIPPED: network namespaces need root: sudo"
              " tests/bench/swarm.sh ...", file=sys.stderr)
        return _CANNOT_RUN
    if options.check_options:
        return 0
    if why_not := net.available():
        print(f"tests/bench/swarm.sh: SKIPPED: {why_not}", file=sys.stderr)
        return _CANNOT_RUN
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    bench = Bench(options)
    begin = time.monotonic()
    try:
        bench.run()
    except KeyboardInterrupt as interrupt:
        bench.close()
        return 128 + (interrupt.args[0] if interrupt.args else signal.SIGINT)
    bench.close()
    missed = sum(not case.passed() for case in bench.cases)
    print(f"\n{len(bench.cases)} cases in {time.monotonic() - begin:.0f} s, {missed} not passed",
          file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
