"""tests/bench/tracker.sh from its options to its JSON, stopped half-way, and announce_load by itself.
What they measure in such short runs says nothing."""

import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo.processes import Process, wait_for_ports, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, "tracker.sh")


def program(name):
    return os.path.join(harness.BUILD_DIR, "tests", "bench", name, name)


class TrackerSmokeTest(harness.TestCase):
    def start(self, *options):
        bench = subprocess.Popen(
            [BENCH, "--build-dir", harness.BUILD_DIR, *options], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": self.folder})
        self.addCleanup(bench.stdout.close)
        self.addCleanup(bench.wait)
        self.addCleanup(lambda: bench.poll() is None and bench.kill())
        return bench

    def noop(self):
        """(process, address) of a no-op server."""
        ports = os.path.join(self.folder, "ports")
        server = Process("noop_server", [program("noop_server"), "--ports-file", ports],
                         os.path.join(self.folder, "noop.log"))
        self.addCleanup(server.kill)
        return server, f"127.0.0.1:{wait_for_ports(server, ports, ('listen',))['listen']}"

    def load(self, *options):
        return subprocess.run([program("announce_load"), *options], capture_output=True, text=True,
                              check=False, timeout=60)

    def test_measures_the_parts_asked_for_and_writes_their_figures(self):
        out = os.path.join(self.folder, "tracker.json")
        bench = self.start("--seconds", "0.5", "--runs", "1", "--only", "capacity", "--only",
                           "batches", "--json", out)
        said, _ = bench.communicate(timeout=100)
        # Bars may be missed in so short a time on a busy machine.
        self.assertIn(bench.returncode, (0, 1), said)
        with open(out, encoding="ascii") as text:
            document = json.load(text)
        self.assertIsNone(document["failure"])
        self.assertEqual(set(document["figures"]), {
            "announces_per_cpu_s", "noop_announces_per_cpu_s", "share_of_noop",
            "failed_announces", "batched_memberships_per_cpu_s",
            "batched_whole_handouts_per_cpu_s"})
        self.assertEqual(document["figures"]["failed_announces"], 0)
        self.assertGreater(document["figures"]["announces_per_cpu_s"], 100)
        self.assertGreater(document["figures"]["batched_memberships_per_cpu_s"],
                           document["figures"]["announces_per_cpu_s"])
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("shoal-")],
                         [])

    def test_measures_what_the_store_costs_at_a_rate_that_it_names(self):
        out = os.path.join(self.folder, "tracker.json")
        bench = self.start("--seconds", "0.5", "--runs", "1", "--only", "persistence", "--json", out)
        said, _ = bench.communicate(timeout=100)
        self.assertIn(bench.returncode, (0, 1), said)
        with open(out, encoding="ascii") as text:
            document = json.load(text)
        self.assertIsNone(document["failure"], said)
        figures = document["figures"]
        self.assertLess(abs(figures["persistence_tax"]), 0.9)
        self.assertGreater(figures["persistence_rate_per_s"], 100)
        self.assertIn("persistence_tax", [check["figure"] for check in document["checks"]])

    def test_members_that_stay_for_a_while_come_and_go(self):
        tracker = self.tracker()
        ended = self.load("--server", tracker.address, "--mode", "paced", "--rate", "300",
                          "--connections", "4", "--members", "64", "--stay", "1s", "--warm-up",
                          "500ms", "--measure", "4s", "--json", "-")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(json.loads(ended.stdout)["failed"], 0)
        figures = tracker.figures()
        # Four seconds, of which a quarter of one each place is empty: some three stays each.
        self.assertGreater(figures["leaves"], 64)
        self.assertEqual(figures["joins"], figures["leaves"] + figures["members"])

    def test_each_kind_of_hostile_announce_is_refused_with_the_right_status(self):
        out = os.path.join(self.folder, "tracker.json")
        bench = self.start("--seconds", "0.5", "--runs", "1", "--only", "hostile", "--json", out)
        said, _ = bench.communicate(timeout=100)
        with open(out, encoding="ascii") as text:
            document = json.load(text)
        self.assertIsNone(document["failure"], said)
        self.assertEqual(document["figures"]["hostile_wrong_status"], 0)
        refused = [value for key, value in document["figures"].items()
                   if key.startswith("refused_") and key.endswith("_per_cpu_s")]
        self.assertEqual(len(refused), 6)
        self.assertGreater(min(refused), 100)

    def test_ctrl_c_leaves_nothing_running(self):
        bench = self.start("--seconds", "30", "--runs", "1", "--only", "capacity")
        wait_until(lambda: len(harness.descendants(bench.pid)) >= 2, 20, "server and load")
        time.sleep(0.5)
        children = harness.descendants(bench.pid)
        bench.send_signal(signal.SIGINT)
        said = bench.stdout.read()
        self.assertEqual(bench.wait(15), 128 + signal.SIGINT, said)
        wait_until(lambda: not [p for p in children if os.path.exists(f"/proc/{p}")], 5,
                   "all processes of the bench to end")
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("shoal-")],
                         [])

    def test_a_paced_load_sends_as_many_as_it_says(self):
        server, address = self.noop()
        ended = self.load("--server", address, "--server-pid", str(server.pid), "--mode", "paced",
                          "--rate", "200", "--measure", "2s", "--warm-up", "500ms",
                          "--connections", "4", "--members", "100", "--json", "-")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        result = json.loads(ended.stdout)
        self.assertEqual((result["failed"], result["unfinished"]), (0, 0))
        self.assertAlmostEqual(result["answered"], 400, delta=40)
        self.assertGreater(result["latency_ms"]["p50"], 0)
        self.assertGreaterEqual(result["latency_ms"]["max"], result["latency_ms"]["p99"])

    def test_members_come_back_after_a_storm(self):
        with_tracker = self.tracker()
        ended = self.load("--server", with_tracker.address, "--mode", "members", "--members", "300",
                          "--connections", "20", "--join-over", "1s", "--warm-up", "2s",
                          "--measure", "3s", "--storm-after", "1s", "--json", "-")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        outage = json.loads(ended.stdout)["outage"]
        self.assertAlmostEqual(outage["began_s"], 1, delta=0.5)
        self.assertEqual(outage["members_back"], 300)
        self.assertEqual(with_tracker.figures()["members"], 300)

    def test_says_what_is_wrong(self):
        server, address = self.noop()
        server.kill()
        for options, fault in ((("--mode", "fast"), "--mode"),
                               (("--connections", "0"), "--connections"),
                               (("--server", "nowhere"), "--server"),
                               (("--measure", "1s", "--storm-after", "2s"), "--measure"),
                               (("--stay", "5s", "--hostile", "huge"), "--stay"),
                               (("--connections", "60000"), "--connections")):
            ended = self.load(*options)
            self.assertIn(ended.returncode, (1, 2), options)
            self.assertIn(fault, ended.stderr)
            self.assertEqual(ended.stderr.count("\n"), 1, ended.stderr)
        ended = self.load("--server", address, "--connect-limit", "1s")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("0 of 32 connections", ended.stderr)


if __name__ == "__main__":
    harness.main()
