"""Viewers behind slow uplinks: each client in a network namespace behind HTB. Wants root.

At 2 Mbit/s of stream, 5 Mbit/s of uplink is plenty; 1 Mbit/s is half of what the swarm needs, so
that the CDN has to bring the other half, in time.
"""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo import net


class UplinkTest(harness.TestCase):
    def demo(self, uplink):
        if why_not := net.available():
            self.skipTest(why_not)
        if harness.SANITIZED:
            self.skipTest("measures time, of which a sanitizer takes most")
        out = os.path.join(self.folder, "summary.json")
        demo = subprocess.Popen(
            [os.path.join(harness.ROOT, "deploy", "demo.sh"), "--build-dir", harness.BUILD_DIR,
             "--viewers", "4", "--seconds", "40", "--join-over", "6", "--uplink", uplink,
             "--json", out], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(lambda: demo.poll() is None and demo.terminate())
        said, _ = demo.communicate(timeout=120)
        self.assertEqual(demo.returncode, 0, said)
        with open(out, encoding="ascii") as summary:
            figures = json.load(summary)
        self.assertEqual((figures["corrupt_segments"], figures["lost_segments"]), (0, 0))
        self.assertEqual(figures["stalls"], 0, figures)
        namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True,
                                    check=False).stdout
        self.assertNotIn(f"shoal{demo.pid}-", namespaces)
        return figures

    def test_five_megabits_are_plenty(self):
        figures = self.demo("5Mbit")
        self.assertLess(figures["cdn_share"], 1.7 * figures["floor"])
        # A segment has nine pieces: each of four viewers seeds two or three, seldom adjacent ones.
        self.assertLess(figures["cdn_requests_per_segment"], 3)
        self.assertLess(figures["startup_median_s"], 1.0)

    def test_one_megabit_is_scarce(self):
        figures = self.demo("1Mbit")
        self.assertGreater(figures["floor"], 0.4)
        self.assertLess(figures["cdn_share"], 1.35 * figures["floor"])


if __name__ == "__main__":
    harness.main()
