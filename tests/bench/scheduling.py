"""Compares what Shoal's tracker costs with what one that schedules does.

    scheduling.py [--viewers N]... [--runs K] [--seconds S] [--settle S] [--report-interval S]
                  [--build-dir DIR] [--json FILE]

Each run has, for each number of viewers, both servers one after the other, on one core, under as
many virtual viewers of one live stream over a connection each. They join in the first third of the
time to settle; what is counted comes after it. tests/bench/README.md says what is compared, and
what is not.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time

_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [_TESTS, os.path.join(os.path.dirname(_TESTS), "deploy")]

from bench import report, scheduling_figures
from bench.tracker_servers import ROOT, Workshop
from demo.processes import Failed

VIEWERS = (100, 1000, 10_000)
SCHED_CLOCK = 2  # CPUCLOCK_SCHED of the kernel: a process's CPU time to the nanosecond


def make_parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--viewers", type=int, action="append",
                        help="this number; may be given several times (default: 100, 1000, 10000)")
    parser.add_argument("--runs", type=int, default=1, help="so many, of which the medians count")
    parser.add_argument("--seconds", type=float, default=40.0, help="counted, of each load")
    parser.add_argument("--settle", type=float, default=30.0, help="before, not counted")
    parser.add_argument("--report-interval", type=float, default=0.5,
                        help="what clients of the scheduling tracker let pass between two reports")
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "dev"))
    parser.add_argument("--json", help="write everything there (-: standard output)")
    return parser


class Comparison:
    """Carries out `options`; keeps logs in `folder` while it runs."""

    def __init__(self, options, folder):
        self._options = options
        self.workshop = Workshop(options.build_dir, folder)
        self._servers = {
            "shoal": self.workshop.tracker,
            "scheduling": lambda: self.workshop.scheduling_tracker(
                "--report-interval", f"{options.report_interval:g}s")}

    def idle(self, seconds):
        """CPU of each server without viewers, in ms per minute."""
        found = {}
        for name, start in self._servers.items():
            with start() as server:
                time.sleep(0.5)
                clock = ~server.process.pid << 3 | SCHED_CLOCK
                before = time.clock_gettime(clock)
                time.sleep(seconds)
                found[name] = round((time.clock_gettime(clock) - before) * 60_000 / seconds, 1)
        return found

    def compare(self, viewers):
        """The figures of both, and the factors."""
        interval = self._options.report_interval
        offered = {"shoal": None, "scheduling": viewers / interval}
        found = {}
        for name, start in self._servers.items():
            with start() as server:
                load = self.workshop.load(
                    server, "--mode", "members", "--members", viewers, "--swarm-size", viewers,
                    "--connections", viewers, "--join-over", f"{self._options.settle / 3:g}s",
                    "--warm-up", f"{self._options.settle:g}s", "--measure",
                    f"{self._options.seconds:g}s")
            found[name] = scheduling_figures.of_load(load, offered[name])
        return {**found, "factor": scheduling_figures.factors(found["scheduling"], found["shoal"])}


def table(figures):
    """`figures`: by number of viewers."""
    lines = [f"{'':42}{'scheduling':>12}{'Shoal':>12}{'factor':>9}"]
    for viewers, found in figures.items():
        lines.append(f"{viewers} viewers")
        for figure, title, digits in scheduling_figures.COMPARED:
            cells = [found[name][figure] for name in ("scheduling", "shoal", "factor")]
            texts = ["-" if value is None else f"{value:,.{places}f}"
                     for value, places in zip(cells, (digits, digits, 1))]
            lines.append(f"  {title:40}{texts[0]:>12}{texts[1]:>12}{texts[2]:>9}")
        for name in ("scheduling", "shoal"):
            one = found[name]
            lines.append(
                f"  {name}: {one['served_per_s']:,.0f} of {one['offered_per_s']:,.0f} calls/s, "
                f"{one['failed']:g} failed, p99 {one['p99_ms']:g} ms, {one['cores']} cores, "
                f"{one['resident_mb']:g} MB" + ("" if one["sustained"] else "  NOT SUSTAINED"))
        ordered = found["scheduling"]
        lines.append(f"  its orders: {ordered['cdn_share']} of the pieces from the CDN, "
                     f"{ordered['late_share']} late, {ordered['wrong_orders']:g} wrong orders")
    return "\n".join(lines)


def _interrupt(number, _frame):
    raise KeyboardInterrupt(number)


def main():
    options = make_parser().parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    where = report.machine()
    folder = tempfile.mkdtemp(prefix="shoal-scheduling-")
    comparison = Comparison(options, folder)
    runs, failure = [], None
    sizes = options.viewers or VIEWERS
    idle = {}
    try:
        idle = comparison.idle(min(10.0, options.seconds))
        print(f"idle, CPU ms a minute: {idle}", flush=True)
        for number in range(options.runs):
            runs.append({})
            for viewers in sizes:
                runs[-1][viewers] = comparison.compare(viewers)
                print(f"run {number + 1}\n{table({viewers: runs[-1][viewers]})}", flush=True)
    except (Failed, OSError) as error:
        failure = str(error)
        print(f"scheduling.py: {failure}", file=sys.stderr)
    except KeyboardInterrupt:
        failure = "interrupted"
    finally:
        for process in list(comparison.workshop.running):
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)
    whole = [run for run in runs if len(run) == len(sizes)]
    figures = {viewers: scheduling_figures.median([run[viewers] for run in whole])
               for viewers in sizes} if whole else {}
    if len(whole) > 1:
        print(f"medians of {len(whole)} runs\n{table(figures)}")
    if options.json:
        report.write_document(options.json, {
            "machine": where, "seconds": options.seconds, "settle": options.settle,
            "report_interval": options.report_interval, "idle_cpu_ms_per_minute": idle,
            "figures": figures, "runs": runs, "failure": failure})
    return 0 if failure is None else 1


if __name__ == "__main__":
    sys.exit(main())
