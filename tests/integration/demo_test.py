"""deploy/demo.sh as a newcomer runs it: on the loopback interface, and stopped in every way."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo.processes import wait_until

DEMO = os.path.join(harness.ROOT, "deploy", "demo.sh")


def run(*options, timeout=150):
    return subprocess.run([DEMO, "--build-dir", harness.BUILD_DIR, *options], text=True,
                          capture_output=True, timeout=timeout, check=False)


class DemoTest(harness.TestCase):
    def start(self, *options):
        """A demo that runs; its output is read into `said` as it comes."""
        demo = subprocess.Popen([DEMO, "--build-dir", harness.BUILD_DIR, *options],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env={**os.environ, "TMPDIR": self.folder})
        self.addCleanup(demo.stdout.close)
        self.addCleanup(demo.wait)
        self.addCleanup(lambda: demo.poll() is None and demo.kill())
        return demo

    def read_until(self, demo, expression):
        said = ""
        while True:
            line = demo.stdout.readline()
            self.assertTrue(line, f"the demo ended before it said {expression}:\n{said}")
            said += line
            if match := re.search(expression, said):
                return match

    def stop_and_find_nothing_left(self, demo, number):
        """Sends the signal. Afterwards: no process of that demo, no folder, no namespace. Returns
        what the demo still said."""
        children = harness.descendants(demo.pid)
        demo.send_signal(number)
        said = demo.stdout.read()
        demo.wait(15)
        self.assert_gone(children)
        self.assertEqual([n for n in os.listdir(self.folder) if n.startswith("shoal-demo-")], [])
        namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True,
                                    check=False).stdout
        self.assertNotIn(f"shoal{demo.pid}-", namespaces)
        return said

    def assert_gone(self, processes):
        self.assertGreater(len(processes), 0)
        wait_until(lambda: not [p for p in processes if os.path.exists(f"/proc/{p}")], 5,
                   "all processes of the demo to end")

    def test_compares_and_sums_up(self):
        out = os.path.join(self.folder, "summary.json")
        done = run("--viewers", "3", "--seconds", "20", "--join-over", "4", "--compare", "--json",
                   out)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(out, encoding="ascii") as summary:
            figures = json.load(summary)
        self.assertEqual(set(figures), {
            "viewers", "cdn_share", "floor", "stalls", "stall_seconds", "startup_median_s",
            "latency_median_s", "corrupt_segments", "lost_segments", "client_rss_mb_max",
            "client_cpu_s_per_100s", "tracker_bytes_per_viewer_minute",
            "cdn_requests_per_segment", "startup_added_s", "latency_added_s", "off"})
        self.assertEqual((figures["viewers"], figures["stalls"], figures["corrupt_segments"],
                          figures["lost_segments"]), (3, 0, 0, 0))
        self.assertLess(figures["cdn_share"], 0.75)
        self.assertGreater(figures["cdn_share"], 0.9 * figures["floor"])
        self.assertAlmostEqual(figures["off"]["cdn_share"], 1.0, delta=0.15)
        self.assertGreater(figures["tracker_bytes_per_viewer_minute"], 0)
        self.assertIn("grpcurl -plaintext", done.stdout)

    def test_can_be_watched_and_ctrl_c_leaves_nothing_running(self):
        demo = self.start("--viewers", "2", "--join-over", "2")
        url = self.read_until(demo, r"ffplay (http://127\.0\.0\.1:\d+/live/stream\.m3u8)")[1]
        playlist = urllib.request.urlopen(url, timeout=5).read().decode()
        self.assertTrue(playlist.startswith("#EXTM3U"))
        self.read_until(demo, r"CDN share")
        rest = self.stop_and_find_nothing_left(demo, signal.SIGINT)
        self.assertEqual(demo.returncode, 0, rest)
        self.assertIn("share of the bytes", rest)

    def test_sigterm_leaves_nothing_running_at_any_moment(self):
        for moment in (r"Making a test stream(.|\n)*\n\n", r"ffplay", r"2 of 2 viewers"):
            with self.subTest(moment):
                demo = self.start("--viewers", "2", "--join-over", "1", "--seconds", "60")
                self.read_until(demo, moment)
                self.stop_and_find_nothing_left(demo, signal.SIGTERM)
                self.assertEqual(demo.returncode, 128 + signal.SIGTERM)

    def test_being_killed_takes_the_children_along(self):
        demo = self.start("--viewers", "2", "--join-over", "1")
        self.read_until(demo, r"2 of 2 viewers")
        children = harness.descendants(demo.pid)
        # The publisher, nginx, the tracker, and twice client and player.
        self.assertGreaterEqual(len(children), 7)
        demo.kill()
        demo.wait()
        self.assert_gone(children)

    def test_plays_somebody_elses_stream(self):
        cdn = self.live_cdn(size=200_000)
        out = os.path.join(self.folder, "summary.json")
        done = run("--stream", cdn.origin + harness.PLAYLIST, "--viewers", "2", "--seconds", "14",
                   "--join-over", "2", "--json", out)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(out, encoding="ascii") as summary:
            figures = json.load(summary)
        self.assertEqual((figures["corrupt_segments"], figures["lost_segments"]), (0, 0))
        self.assertLess(figures["cdn_share"], 0.95)

    def test_fails_when_a_segment_is_corrupt(self):
        """The manifest is what the publisher wrote; the CDN hands out something else."""
        demo = self.start("--viewers", "1", "--join-over", "1", "--seconds", "12", "--keep")
        self.read_until(demo, r"Making a test stream")
        folder = wait_until(lambda: [n for n in os.listdir(self.folder)
                                     if n.startswith("shoal-demo-")], 10, "the demo's folder")[0]
        live = os.path.join(self.folder, folder, "cdn-files", "live")
        name = "segment-000009.ts"
        path = wait_until(lambda: os.path.exists(os.path.join(live, name))
                          and os.path.join(live, name), 60, name)
        with open(path, "r+b") as segment:
            segment.seek(100_000)
            segment.write(b"garbage")
        said = demo.stdout.read()
        self.assertEqual(demo.wait(30), 1, said)
        self.assertRegex(said, r"corrupt segments +1\n")

    def test_refuses_wrong_options_at_once(self):
        for options in (("--viewers", "0"), ("--viewers", "x"), ("--uplink", "fast"),
                        ("--compare",), ("--stream", "ftp://x/y"), ("--nonsense",),
                        ("--seconds", "10", "--join-over", "20"),
                        ("--uplink", "5Mbit", "--stream", "http://x/y.m3u8")):
            done = run(*options, timeout=10)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn("error:", done.stderr)


if __name__ == "__main__":
    harness.main()
