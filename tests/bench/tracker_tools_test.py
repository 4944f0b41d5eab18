"""The Python parts of tests/bench/tracker.sh, with loads that are made up."""

import argparse
import json
import os
import re
import sys
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from bench import bars, scheduling_figures, tracker, tracker_figures, tracker_parts
from demo.processes import Failed


def load(per_cpu_s=50_000, memberships=1, failed=0, **values):
    return {"failed": failed, "outage": None, "series": [],
            "server": {"announces_per_cpu_s": per_cpu_s,
                       "memberships_per_cpu_s": per_cpu_s and per_cpu_s * memberships}, **values}


class FiguresTest(unittest.TestCase):
    def test_the_share_is_of_the_server_that_does_nothing(self):
        found = tracker_figures.capacity(load(45_000.4, failed=1), load(60_000, failed=2))
        self.assertEqual((found["announces_per_cpu_s"], found["share_of_noop"],
                          found["failed_announces"]), (45_000, 0.75, 3))

    def test_what_was_not_measured_is_not_known(self):
        self.assertIsNone(tracker_figures.capacity(load(None), load())["share_of_noop"])
        self.assertIsNone(tracker_figures.times(50_000, None))
        self.assertIsNone(
            tracker_figures.restart(load(), 1000, 20.0)["restart_intervals_until_back"])

    def test_the_peak_is_that_after_the_restart_in_multiples_of_the_steady_rate(self):
        found = tracker_figures.restart(
            load(outage={"began_s": 2.5, "all_back_s": 22.0, "failed": 5, "due": 1000},
                 series=[[900, 0, 0], [50, 0, 0], [60, 0, 0], [120, 0, 0], [999, 0, 0]]),
            1000, 20.0)
        self.assertEqual(found, {"restart_peak_over_steady": 2.4, "restart_error_share": 0.005,
                                 "restart_intervals_until_back": 1.1})

    def test_the_tax_of_the_store_is_its_share_of_the_time_at_the_lower_rate(self):
        found = tracker_figures.persistence(load(50_000, announces_per_s=20_000.2),
                                            load(40_000, failed=3, announces_per_s=19_000.0))
        self.assertEqual(found, {
            "persistence_tax": 0.2, "persistence_rate_per_s": 19_000,
            "persistence_memory_cpu_us": 20.0, "persistence_rocksdb_cpu_us": 25.0,
            "persistence_failed_announces": 3})
        unknown = tracker_figures.persistence(load(None, announces_per_s=1), load(announces_per_s=1))
        self.assertIsNone(unknown["persistence_tax"])

    def test_of_hostile_announces_the_kind_that_costs_most_counts(self):
        found = tracker_figures.hostile({
            "huge": (load(45_000), load(50_000)), "twice": (load(49_000, failed=2), load(50_000))})
        self.assertEqual(found, {
            "refused_huge_per_cpu_s": 45_000, "refused_huge_share_of_noop": 0.9,
            "refused_twice_per_cpu_s": 49_000, "refused_twice_share_of_noop": 0.98,
            "hostile_share_of_noop": 0.9, "hostile_wrong_status": 2})

    def test_of_the_members_memory_the_worst_counts(self):
        found = tracker_figures.table({
            (1_000_000, "ipv4"): {"bytes_per_member": 61.5, "expiry_hold_ms": 0.2},
            (5_000_000, "ipv4"): {"bytes_per_member": 60.5, "expiry_hold_ms": 0.4}})
        self.assertEqual(found, {"bytes_per_member_ipv4": 61.5, "bytes_per_member_ipv4_1m": 61.5,
                                 "bytes_per_member_ipv4_5m": 60.5, "expiry_hold_ms": 0.4})

    def test_over_rounds_the_median_counts_and_of_memory_the_worst(self):
        merged = tracker_figures.merge([{"a": 1, "bytes_per_connection": 20}, {"a": 9},
                                        {"a": 2, "bytes_per_connection": 22, "b": None}])
        self.assertEqual(merged, {"a": 2, "bytes_per_connection": 22, "b": None})


class SchedulingFiguresTest(unittest.TestCase):
    def load(self, cpu_s, answered, failed=0, viewing=None):
        return {"members": 100, "seconds": 30.0, "answered": answered, "failed": failed,
                "series": [[answered // 30, 0, 0]] * 30, "load_cpu_s": 3.0,
                "latency_ms": {"p50": 1.0, "p99": 2.0},
                "server": {"cpu_s": cpu_s, "resident_before_bytes": 1_000_000,
                           "resident_end_bytes": 3_000_000},
                "traffic": {"bytes_to_server": 1000, "bytes_from_server": 4000,
                            "wire_bytes_to_server": 6000, "wire_bytes_from_server": 9000},
                "viewing": viewing}

    def test_costs_are_per_viewer_and_minute(self):
        found = scheduling_figures.of_load(self.load(0.5, 3000))
        self.assertEqual((found["cpu_ms_per_viewer_minute"], found["wire_bytes_per_viewer_minute"],
                          found["message_bytes_per_viewer_minute"],
                          found["resident_bytes_per_viewer"]), (10, 300, 100, 20_000))
        self.assertNotIn("cdn_share", found)

    def test_factors_are_how_many_times_as_much(self):
        found = scheduling_figures.factors(scheduling_figures.of_load(self.load(0.5, 3000)),
                                           scheduling_figures.of_load(self.load(0.02, 120)))
        self.assertEqual((found["cpu_ms_per_viewer_minute"], found["resident_bytes_per_viewer"]),
                         (25, 1))

    def test_what_falls_behind_is_not_sustained(self):
        for answered, failed, sustained in ((3000, 0, True), (2000, 0, False), (3000, 1, False)):
            found = scheduling_figures.of_load(self.load(0.5, answered, failed), 100.0)
            self.assertEqual(found["sustained"], sustained, (answered, failed))

    def test_orders_come_to_shares_of_pieces(self):
        found = scheduling_figures.of_load(self.load(0.5, 3000, viewing={
            "pieces_from_cdn": 10, "pieces_from_peers": 990, "pieces_late": 1, "wrong_orders": 0}))
        self.assertEqual((found["cdn_share"], found["late_share"]), (0.01, 0.001))

    def test_medians_of_runs(self):
        runs = [{"shoal": {"failed": failed, "sustained": failed == 0}} for failed in (0, 9, 2)]
        self.assertEqual(scheduling_figures.median(runs),
                         {"shoal": {"failed": 2, "sustained": False}})


class BarsTest(unittest.TestCase):
    def test_a_least_is_missed_from_below_and_a_most_from_above(self):
        self.assertEqual([bars.Check("x", value, at_least=5).passed for value in (4, 5, 6, None)],
                         [False, True, True, False])
        self.assertIn("MISS", bars.Check("x", 4, at_least=5).text())
        found = {check.figure: check.passed for check in tracker.check(
            bars.load(os.path.join(HERE, "tracker_bars.json")),
            {"announces_per_cpu_s": 50_000, "share_of_noop": 0.7, "p99_half_load_ms": 5.1})}
        self.assertEqual(found, {"announces_per_cpu_s": True, "share_of_noop": False,
                                 "p99_half_load_ms": False})


class BenchTest(unittest.TestCase):
    def run_bench(self, parts, *arguments):
        bench = tracker.Bench(tracker.make_parser().parse_args(arguments))
        with mock.patch("sys.stdout"):
            bench.run(lambda *_: parts)
        return bench

    def test_carries_out_what_was_asked_for_round_by_round(self):
        parts = mock.Mock()
        parts.capacity.side_effect = [{"share_of_noop": share} for share in (0.8, 0.6, 0.76)]
        parts.memory.return_value = {"bytes_per_connection": 21_000}
        bench = self.run_bench(parts, "--only", "memory", "--only", "capacity")
        document = bench.document()
        self.assertEqual(document["figures"],
                         {"share_of_noop": 0.76, "bytes_per_connection": 21_000})
        self.assertTrue(document["passed"])
        self.assertEqual(parts.memory.call_count, 1)
        parts.idle.assert_not_called()

    def test_a_failure_ends_it_and_is_written(self):
        parts = mock.Mock()
        parts.capacity.side_effect = [{"share_of_noop": 0.9}, Failed("the tracker ended")]
        document = self.run_bench(parts, "--only", "capacity").document()
        self.assertEqual((document["failure"], document["passed"], document["figures"]),
                         ("the tracker ended", False, {"share_of_noop": 0.9}))

    def test_says_what_it_cannot_measure(self):
        with mock.patch.dict(tracker_parts.ALL, {"npm": lambda: "no node"}):
            bench = self.run_bench(mock.Mock(), "--only", "npm")
        self.assertEqual(bench.document()["skipped"], {"npm": "no node"})


class DocumentsTest(unittest.TestCase):
    def read(self, name):
        with open(os.path.join(HERE, name), encoding="utf-8") as text:
            return text.read()

    def test_help_names_every_option_and_every_part(self):
        text = self.read("tracker_usage.txt")
        known = {name for action in tracker.make_parser()._actions
                 if action.help != argparse.SUPPRESS
                 for name in action.option_strings if name.startswith("--")}
        self.assertEqual(set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE)), known)
        self.assertEqual(re.findall(r"^ {25}([a-z]+)  ", text, re.MULTILINE),
                         list(tracker_parts.ALL))

    def test_every_bar_is_described(self):
        text = self.read("README.md")
        all_bars = json.loads(self.read("tracker_bars.json"))
        for figure in (*all_bars["at_least"], *all_bars["at_most"]):
            self.assertIn(f"`{figure}`", text)

    def test_refuses_wrong_options(self):
        for arguments in (["--only", "nonsense"], ["--runs", "0"], ["--seconds", "x"], ["all"]):
            with self.assertRaises(SystemExit) as end, mock.patch("sys.stderr"):
                tracker.make_parser().parse_args(arguments)
            self.assertEqual(end.exception.code, 2, arguments)


if __name__ == "__main__":
    harness.main()
