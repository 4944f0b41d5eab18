"""tests/bench/swarm.sh from its options to its JSON, and stopped half-way. What it measures in such
short runs says nothing. Wants root."""

import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo import net
from demo.processes import wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, "swarm.sh")
SCENARIO = os.path.join(HERE, "smoke.json")


class SmokeTest(harness.TestCase):
    def setUp(self):
        if why_not := net.available():
            self.skipTest(why_not)
        super().setUp()

    def start(self, *options):
        bench = subprocess.Popen(
            [BENCH, "--scenario", SCENARIO, "--build-dir", harness.BUILD_DIR, *options], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": self.folder})
        self.addCleanup(bench.stdout.close)
        self.addCleanup(bench.wait)
        self.addCleanup(lambda: bench.poll() is None and bench.kill())
        return bench

    def assert_nothing_left(self, bench):
        self.assertEqual([n for n in os.listdir(self.folder) if n.startswith("shoal-bench-")], [])
        namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True,
                                    check=False).stdout
        self.assertNotIn(f"shoal{bench.pid}-", namespaces)

    def test_runs_a_scenario_with_and_without_peers_and_writes_all_figures(self):
        out = os.path.join(self.folder, "bench.json")
        bench = self.start("--seconds", "12", "--json", out)
        said, _ = bench.communicate(timeout=100)
        self.assertEqual(bench.returncode, 0, said)
        self.assert_nothing_left(bench)
        with open(out, encoding="ascii") as text:
            document = json.load(text)
        self.assertEqual(set(document["machine"]), {"began", "cores", "kernel", "load_before"})
        case, = document["cases"]
        self.assertEqual((case["scenario"], case["viewers"], case["seconds"], case["as_written"],
                          case["passed"], case["failure"]), ("smoke", 4, 12.0, False, True, None))
        self.assertEqual([check["figure"] for check in case["checks"]],
                         ["corrupt_segments", "lost_segments"])
        figures = case["figures"]
        of_a_run = {
            "viewers", "cdn_share", "floor", "ratio", "stalls", "stall_seconds", "startup_median_s",
            "latency_median_s", "corrupt_segments", "lost_segments", "client_rss_mb_max",
            "client_cpu_s_per_100s", "client_cpu_s_per_100s_max",
            "tracker_bytes_per_viewer_minute", "cdn_requests_per_segment"}
        self.assertEqual(set(figures["off"]), of_a_run)
        self.assertEqual(set(figures), of_a_run | {
            "off", "startup_added_s", "latency_added_s", "extra_stalls", "extra_stall_seconds"})
        self.assertEqual([key for key, value in figures.items() if value is None], [])
        # Without peers every byte is the CDN's; it may have sent more than players took in.
        self.assertAlmostEqual(figures["off"]["cdn_share"], 1.0, delta=0.2)
        self.assertLess(figures["cdn_share"], 0.9)
        self.assertGreaterEqual(figures["ratio"], 0.95)

    def test_ctrl_c_leaves_nothing_running(self):
        bench = self.start("--seconds", "12")
        said = ""
        while "0:00 of 0:12" not in said:
            line = bench.stdout.readline()
            self.assertTrue(line, said)
            said += line
        children = harness.descendants(bench.pid)
        # The publisher, nginx, the tracker; perhaps a client and a player.
        self.assertGreaterEqual(len(children), 3)
        bench.send_signal(signal.SIGINT)
        said += bench.stdout.read()
        self.assertEqual(bench.wait(15), 128 + signal.SIGINT, said)
        wait_until(lambda: not [p for p in children if os.path.exists(f"/proc/{p}")], 5,
                   "all processes of the bench to end")
        self.assert_nothing_left(bench)


if __name__ == "__main__":
    harness.main()
