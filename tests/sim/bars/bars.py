#!/usr/bin/env python3
"""Simulates each row of bars.json with several seeds and compares the figures with the bars.

    tests/sim/bars/bars.py --program build/dev/tests/sim/shoal-sim
    tests/sim/bars/bars.py --only mixed --max-viewers 200 --seeds 3
    tests/sim/bars/bars.py --policies --max-viewers 200

A row holds if of every figure that has a bar the median is within it and the worst within 1.5
times it, and no run broke an invariant. Exit status: 0 if all hold, 1 if not, 2 if a run could not
be made.
"""
import argparse
import concurrent.futures
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import report
import runs

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
PROGRAM = os.path.join(ROOT, "build", "dev", "tests", "sim", "shoal-sim")
# What --policies compares them in.
POLICY_SCENARIOS = ("steady", "mixed", "scarce")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=PROGRAM, help="shoal-sim (default: %(default)s)")
    parser.add_argument("--bars", default=os.path.join(HERE, "bars.json"),
                        help="the table of bars (default: bars.json beside this script)")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="rows of this scenario only, or mixed/200 for one; repeatable")
    parser.add_argument("--max-viewers", type=int, metavar="N", help="leave out larger rows")
    parser.add_argument("--seeds", type=int, default=5, metavar="N",
                        help="runs of each row, with seeds 1 to N (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="runs at a time; one takes one core (default: %(default)s)")
    parser.add_argument("--markdown", metavar="FILE", help="write the table to this file as well")
    parser.add_argument("--policies", action="store_true",
                        help="no bars: compare assignments and hand-offs instead")
    arguments = parser.parse_args()
    if arguments.seeds < 1 or arguments.jobs < 1:
        parser.error("--seeds and --jobs are at least 1")
    return arguments


def selected(rows, only, max_viewers):
    """The rows that --only and --max-viewers leave. Complains of a name that no row has."""
    names = {name for row in rows for name in (row["scenario"], row_name(row))}
    for name in only or ():
        if name not in names:
            sys.exit(f"bars.py: no row is called {name}; there are: {', '.join(sorted(names))}")
    return [row for row in rows
            if (not only or row["scenario"] in only or row_name(row) in only)
            and (max_viewers is None or row["viewers"] <= max_viewers)]


def row_name(row):
    return f"{row['scenario']}/{row['viewers']}"


def assignments(program):
    """The words that the program's --assignment takes."""
    found = re.search(r"--assignment (\S+)\n", runs.help_of(program))
    if not found:
        raise runs.RunError(f"{program} --help does not show --assignment")
    return found.group(1).split("|")


def policies(program):
    """Name -> arguments. Without an assignment nothing is ever handed off."""
    found = {}
    for assignment in assignments(program):
        for handoff in ("deadline", "request"):
            name = "off" if assignment == "off" else f"{assignment}, {handoff}"
            found.setdefault(name, ["--assignment", assignment, "--handoff", handoff])
    return found


def measure(pool, program, row, seeds, extra, shown):
    """Runs one row with all seeds. Returns its figures; `shown` is told of each that is done."""
    waiting = [pool.submit(runs.simulate, program, row["scenario"], row["viewers"], seed, extra)
               for seed in range(1, seeds + 1)]
    try:
        for done, _ in enumerate(concurrent.futures.as_completed(waiting), 1):
            shown(f"{row_name(row)}: {done} of {seeds} runs")
        return runs.Figures([future.result() for future in waiting])
    except BaseException:
        for future in waiting:
            future.cancel()
        raise


def check_bars(arguments, pool):
    with open(arguments.bars, encoding="utf-8") as file:
        bars = json.load(file)
    rows = selected(bars["rows"], arguments.only, arguments.max_viewers)
    if not rows:
        sys.exit("bars.py: no row is left to run")
    table = report.BarTable(bars["worst_factor"], arguments.seeds)
    print(table.heading(), flush=True)
    for row in rows:
        limits = {**bars["common"],
                  **{k: v for k, v in row.items() if k not in ("scenario", "viewers")}}
        began = time.monotonic()
        figures = measure(pool, arguments.program, row, arguments.seeds, [], report.show)
        print(table.add(row, figures, limits, time.monotonic() - began), flush=True)
    print(table.verdict())
    return table


def compare_policies(arguments, pool):
    viewers = min(arguments.max_viewers or 200, 200)
    rows = selected([{"scenario": name, "viewers": viewers} for name in POLICY_SCENARIOS],
                    arguments.only, None)
    table = report.PolicyTable(viewers, arguments.seeds)
    print(table.heading(), flush=True)
    for row in rows:
        for name, extra in policies(arguments.program).items():
            figures = measure(pool, arguments.program, row, arguments.seeds, extra,
                              lambda text, name=name: report.show(f"{name}: {text}"))
            print(table.add(row["scenario"], name, figures), flush=True)
    return table


def main():
    arguments = read_arguments()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        try:
            table = (compare_policies if arguments.policies else check_bars)(arguments, pool)
        except runs.RunError as error:
            runs.stop_all()
            print(f"bars.py: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            runs.stop_all()
            return 130
    if arguments.markdown:
        with open(arguments.markdown, "w", encoding="utf-8") as file:
            file.write(table.markdown())
    return 0 if table.holds else 1


if __name__ == "__main__":
    sys.exit(main())
