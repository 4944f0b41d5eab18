"""What a bench prints and writes: a table of each case, one of all, and the JSON document."""

import json
import os
import platform
import time

from demo.closing import say_figures, show

_COLUMNS = (
    ("CDN", "cdn_share"), ("floor", "floor"), ("ratio", "ratio"), ("stalls", "stalls"),
    ("extra", "extra_stalls"), ("start s", "startup_median_s"), ("added", "startup_added_s"),
    ("late s", "latency_median_s"), ("added", "latency_added_s"),
    ("CPU s", "client_cpu_s_per_100s_max"), ("MB", "client_rss_mb_max"),
    ("req/seg", "cdn_requests_per_segment"), ("tracker B", "tracker_bytes_per_viewer_minute"))


class Case:
    """One scenario with one number of viewers, and what came of it.

    `pairs` has the figures of each pair of runs, `figures` those of all pairs; both are empty when
    a run failed: `failure` says why. `checks` is what is held against bars.
    """

    def __init__(self, scenario, viewers, seconds, as_written):
        self.scenario = scenario
        self.viewers = viewers
        self.seconds = seconds
        self.as_written = as_written
        self.pairs = []
        self.figures = {}
        self.checks = []
        self.failure = None

    @property
    def name(self):
        return f"{self.scenario}, {self.viewers} viewers"

    def passed(self):
        return self.failure is None and all(check.passed for check in self.checks)

    def verdict(self):
        if self.failure is not None:
            return "FAILED"
        if missed := [check.figure for check in self.checks if not check.passed]:
            return "MISS: " + ", ".join(missed)
        return "pass" if self.as_written else "whole (bars not judged)"

    def document(self):
        return {
            "scenario": self.scenario, "viewers": self.viewers, "seconds": self.seconds,
            "as_written": self.as_written, "figures": self.figures, "runs": self.pairs,
            "checks": [{"figure": c.figure, "value": c.value, "at_most": c.at_most,
                        "passed": c.passed} for c in self.checks],
            "failure": self.failure, "passed": self.passed()}


def machine():
    """Where and when: figures of another machine, or of a busy one, are other figures."""
    return {"began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "load_before": round(os.getloadavg()[0], 2)}


def say_case(case):
    """The closing table of one case, and each of its bars."""
    print(f"\n---- {case.name}: {case.verdict()}", end="")
    if case.failure is not None:
        print(f"\n{case.failure}", flush=True)
        return
    say_figures(case.figures)
    print("\n".join(["", *(check.text() for check in case.checks)]), flush=True)


def say_all(cases):
    """One table with a line for each case, if there are several."""
    if len(cases) < 2:
        return
    print(f"\n{'':22}" + "".join(f"{title:>10}" for title, _ in _COLUMNS) + "  verdict")
    for case in cases:
        cells = "".join(f"{show(key, case.figures[key]) if case.figures else '-':>10}"
                        for _, key in _COLUMNS)
        print(f"{case.name:22}{cells}  {case.verdict()}")


def write_json(path, where, cases):
    write_document(path, {"machine": where, "cases": [case.document() for case in cases]})


def write_document(path, document):
    """To a file, which is never half written, or to standard output ("-")."""
    text = json.dumps(document, indent=2)
    if path == "-":
        print(text)
        return
    with open(path + ".new", "w", encoding="ascii") as out:
        out.write(text + "\n")
    os.replace(path + ".new", path)
