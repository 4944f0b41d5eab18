"""The bench's own tools, as far as they compute something: no process is started."""

import argparse
import json
import os
import re
import sys
import tempfile
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(HERE, "..", "support")]
import harness

from bench import bars, figures, options, report, scenario, swarm
from demo.processes import Failed
from demo.summary import RunResult, ViewerResult

SCENARIO = {"about": "x", "viewers": [8], "seconds": 100, "stream": "live", "uplink": "5Mbit",
            "joins": [{"share": 0.25, "from": 0, "over": 4},
                      {"share": 0.75, "from": 40, "over": 6}]}


def make(**values):
    return scenario.Scenario("test", {**SCENARIO, **values})


def run_result(share=0.3, **values):
    """Four viewers of two segments each: 800 bytes, of which 200 are distinct."""
    defaults = dict(segments={"/a": 100, "/b": 100}, received=2, delivered=200, seconds=10.0,
                    startup=0.1, latency=7.0, stalls=0, stall_seconds=0.0, lost=0, corrupt=0,
                    cpu_seconds=0.2, rss_mb=20.0)
    return RunResult([ViewerResult(**{**defaults, **values})] * 4, 800 * share, 8, 100)


def pair(**values):
    return figures.of_pair(figures.of_run(run_result(**values)), figures.of_run(run_result(1.0)))


class ScenarioTest(unittest.TestCase):
    def test_groups_join_one_viewer_after_the_other(self):
        self.assertEqual(make().plan(8).joins, [0.0, 2.0, 40.0, 41.0, 42.0, 43.0, 44.0, 45.0])

    def test_the_last_group_has_whoever_is_left(self):
        for viewers in (1, 2, 3, 5, 13):
            self.assertEqual(len(make().plan(viewers).joins), viewers)

    def test_a_shorter_run_is_the_same_in_less_time_and_a_longer_one_goes_on(self):
        killed = make(killed={"share": 0.25, "at": 50})
        short, long = killed.plan(8, 50.0), killed.plan(8, 200.0)
        self.assertEqual((short.joins[2], short.vanish[0][0], short.seconds), (20.0, 25.0, 50.0))
        self.assertEqual((long.joins[2], long.vanish[0][0], long.seconds), (40.0, 50.0, 200.0))
        self.assertEqual([killed.as_written(s) for s in (None, 99.0, 100.0)], [True, False, True])

    def test_kills_so_many(self):
        plan = make(killed={"share": 0.375, "at": 50}).plan(8)
        self.assertEqual(plan.vanish, [(50.0, 1), (50.0, 4), (50.0, 6)])

    def test_spreads_evenly_and_names_nobody_twice(self):
        self.assertEqual(scenario.spread(0.5, 8), [1, 3, 5, 7])
        for viewers in range(1, 40):
            for share in (0.01, 0.125, 0.5, 0.9, 1.0):
                chosen = scenario.spread(share, viewers)
                self.assertEqual(len(set(chosen)), max(1, round(share * viewers)))
                self.assertLess(max(chosen), viewers)

    def test_gives_every_viewer_its_line(self):
        lines = make(slow={"share": 0.125, "downlink": "2.4Mbit"},
                     undiallable={"share": 0.5}).lines(8)
        self.assertEqual({line.uplink for line in lines}, {5e6})
        self.assertEqual([line.downlink for line in lines], [None] * 4 + [2.4e6] + [None] * 3)
        self.assertEqual([line.diallable for line in lines], [True, False] * 4)

    def test_a_stream_on_demand_is_longer_than_anybody_can_fetch(self):
        self.assertIsNone(make().vod_segments())
        self.assertEqual(make(stream="vod").vod_segments(90.0), 75)

    def test_refuses_what_makes_no_sense(self):
        for values in (dict(stream="dvr"), dict(uplink="fast"), dict(viewers=[]), dict(viewers=8),
                       dict(viewers=[0]), dict(seconds=46), dict(nonsense=1), dict(joins=[]),
                       dict(slow={"share": 1}), dict(killed={"share": 0.5, "at": 20}),
                       dict(killed={"share": 0.5, "at": 100})):
            with self.assertRaises(scenario.BadScenario, msg=values):
                make(**values)
        with self.assertRaisesRegex(scenario.BadScenario, "has no uplink"):
            scenario.Scenario("test", {k: v for k, v in SCENARIO.items() if k != "uplink"})

    def test_all_that_there_are_can_be_loaded(self):
        self.assertGreaterEqual(len(scenario.names()), 7)
        for name in scenario.names():
            found = scenario.load(name)
            for viewers in found.viewers:
                self.assertEqual(len(found.plan(viewers).joins), len(found.lines(viewers)))


class FiguresTest(unittest.TestCase):
    def test_ratio_is_of_the_floor_of_that_very_run(self):
        self.assertEqual(figures.of_run(run_result(0.3))["ratio"], 1.2)
        self.assertEqual(figures.of_run(run_result(0.75, uplink=40.0))["ratio"], 1.0)

    def test_names_the_client_that_took_most(self):
        run = run_result()
        run.viewers = run.viewers[:3] + run_result(cpu_seconds=0.5).viewers[:1]
        self.assertEqual(figures.of_run(run)["client_cpu_s_per_100s_max"], 5.0)

    def test_nothing_delivered_has_no_ratio(self):
        self.assertIsNone(figures.of_run(RunResult([], 0, 0, 0))["ratio"])

    def test_says_what_peers_added(self):
        both = pair(startup=0.15, stalls=1, stall_seconds=0.5)
        self.assertEqual((both["startup_added_s"], both["extra_stalls"],
                          both["extra_stall_seconds"], both["off"]["ratio"]), (0.05, 4, 2.0, 4.0))

    def test_over_runs_adds_up_harm_keeps_the_largest_cost_and_takes_medians_of_the_rest(self):
        pairs = [pair(share=0.3, stalls=1, rss_mb=40.0), pair(share=0.5), pair(share=0.25)]
        merged = figures.of_all(pairs)
        self.assertEqual((merged["ratio"], merged["extra_stalls"], merged["client_rss_mb_max"],
                          merged["off"]["ratio"]), (1.2, 4, 40.0, 4.0))
        self.assertEqual(merged.keys(), pairs[0].keys())


class BarsTest(unittest.TestCase):
    def check(self, name, viewers, values):
        return {c.figure: c.passed for c in bars.check(bars.load(), name, viewers, values)}

    def test_a_figure_that_equals_its_bar_has_passed(self):
        self.assertTrue(bars.Check("ratio", 1.3, 1.3).passed)
        self.assertFalse(bars.Check("ratio", 1.301, 1.3).passed)
        self.assertFalse(bars.Check("ratio", None, 1.3).passed)

    def test_the_ratio_has_a_bar_for_the_scenario_with_these_viewers(self):
        wasteful = pair(share=0.35)  # 1.4 times the floor
        self.assertFalse(self.check("live", 8, wasteful)["ratio"])
        self.assertTrue(self.check("live", 16, wasteful)["ratio"])
        self.assertNotIn("ratio", self.check("live", 5, wasteful))
        self.assertNotIn("ratio", self.check("undiallable", 8, wasteful))

    def test_every_harm_misses_its_bar(self):
        self.assertTrue(all(self.check("live", 8, pair(share=0.25)).values()))
        for figure, values in (("extra_stalls", dict(stalls=1)), ("lost_segments", dict(lost=1)),
                               ("corrupt_segments", dict(corrupt=1)),
                               ("startup_added_s", dict(startup=0.2)),
                               ("latency_added_s", dict(latency=7.4)),
                               ("client_rss_mb_max", dict(rss_mb=50.0)),
                               ("client_cpu_s_per_100s_max", dict(cpu_seconds=0.5))):
            missed = [f for f, passed in self.check("live", 8, pair(share=0.25, **values)).items()
                      if not passed]
            self.assertEqual(missed, [figure])

    def test_on_demand_nobody_is_behind_the_live(self):
        without = figures.of_run(run_result(latency=None))
        self.assertNotIn("latency_added_s",
                         self.check("vod", 8, figures.of_pair(without, without)))

    def test_bars_are_of_cases_that_there_are(self):
        for name, by_viewers in bars.load()["cdn_ratio"].items():
            written = scenario.load(name).viewers
            self.assertLessEqual({int(viewers) for viewers in by_viewers}, set(written))
        self.assertLessEqual(set(bars.WHOLE), set(bars.load()["always"]))


class ReportTest(unittest.TestCase):
    def test_a_run_that_failed_has_not_passed_and_is_written_nevertheless(self):
        case = report.Case("live", 8, 90.0, True)
        case.failure = "the tracker ended"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.json")
            report.write_json(path, report.machine(), [case])
            with open(path, encoding="ascii") as text:
                written = json.load(text)["cases"][0]
        self.assertEqual((written["passed"], written["failure"], case.verdict()),
                         (False, "the tracker ended", "FAILED"))

    def test_says_which_bars_were_missed(self):
        case = report.Case("live", 8, 90.0, True)
        case.checks = [bars.Check("ratio", 1.4, 1.3), bars.Check("extra_stalls", 0, 0)]
        self.assertEqual((case.verdict(), case.passed()), ("MISS: ratio", False))

    def test_every_key_is_described(self):
        with open(os.path.join(HERE, "README.md"), encoding="utf-8") as readme:
            text = readme.read()
        case = report.Case("live", 8, 90.0, True)
        for key in (*pair(), *case.document(), *report.machine()):
            self.assertIn(f"`{key}`", text)


class BenchTest(unittest.TestCase):
    """With pairs of runs that are made up."""

    def run_bench(self, pairs, *arguments):
        bench = swarm.Bench(options.parse_options(arguments))
        with mock.patch.object(bench, "_run_pair", side_effect=pairs), mock.patch("sys.stdout"):
            bench.run()
        return bench.cases

    def test_runs_each_case_as_often_as_asked(self):
        pairs = [pair(share=share) for share in (0.3, 0.25, 0.5, 0.35, 0.35, 0.35)]
        cases = self.run_bench(pairs, "--scenario", "live", "--runs", "3")
        self.assertEqual([(c.viewers, len(c.pairs), c.figures["ratio"], c.passed())
                          for c in cases], [(8, 3, 1.2, True), (16, 3, 1.4, True)])

    def test_goes_on_after_a_case_that_failed(self):
        cases = self.run_bench([Failed("no tracker"), pair(share=0.25)], "--scenario", "live")
        self.assertEqual([c.verdict() for c in cases], ["FAILED", "pass"])

    def test_a_shortened_run_is_judged_by_whether_segments_are_whole(self):
        wasteful, harmful = pair(share=0.9), pair(lost=1)
        cases = self.run_bench([wasteful, harmful], "--scenario", "live", "--seconds", "20")
        self.assertEqual([c.passed() for c in cases], [True, False])


class OptionsTest(unittest.TestCase):
    def test_help_names_every_option_and_every_scenario(self):
        with open(os.path.join(HERE, "usage.txt"), encoding="utf-8") as usage:
            text = usage.read()
        described = set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE))
        known = {name for action in options.make_parser()._actions
                 if action.help != argparse.SUPPRESS
                 for name in action.option_strings if name.startswith("--")}
        self.assertEqual(described, known)
        self.assertEqual(set(re.findall(r"^ {25}([a-z_]+)  ", text, re.MULTILINE)),
                         set(scenario.names()))

    def test_all_is_every_scenario(self):
        self.assertEqual([s.name for s in options.parse_options(["--all"]).scenarios],
                         scenario.names())

    def test_refuses_wrong_options(self):
        for arguments in ([], ["--scenario", "nonsense"], ["--all", "--scenario", "live"],
                          ["--all", "--viewers", "0"], ["--all", "--runs", "x"],
                          ["--all", "--seconds", "0"], ["live"]):
            with self.assertRaises(SystemExit) as end, mock.patch("sys.stderr"):
                options.parse_options(arguments)
            self.assertEqual(end.exception.code, 2, arguments)


if __name__ == "__main__":
    harness.main()
