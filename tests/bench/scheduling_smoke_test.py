"""tests/bench/scheduling.py from its options to its JSON: that both trackers are measured, and that
the one that schedules gives right orders. What so short a run measures says nothing."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]
import harness


class SchedulingSmokeTest(harness.TestCase):
    def test_both_trackers_are_measured_and_orders_can_be_carried_out(self):
        out = os.path.join(self.folder, "scheduling.json")
        done = subprocess.run(
            [sys.executable, "-B", os.path.join(HERE, "scheduling.py"), "--viewers", "40",
             "--settle", "1.5", "--seconds", "1", "--report-interval", "0.2", "--build-dir",
             harness.BUILD_DIR, "--json", out],
            capture_output=True, text=True, timeout=45, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(out, encoding="ascii") as text:
            document = json.load(text)
        found = document["figures"]["40"]
        self.assertEqual((found["shoal"]["failed"], found["scheduling"]["failed"]), (0, 0))
        self.assertEqual(found["scheduling"]["wrong_orders"], 0)
        self.assertGreater(found["scheduling"]["served_per_s"], 20)
        self.assertGreater(found["scheduling"]["wire_bytes_per_viewer_minute"], 1000)
        self.assertGreater(found["scheduling"]["cpu_ms_per_viewer_minute"], 0)
        self.assertGreater(found["shoal"]["cpu_ms_per_viewer_minute"], 0)
        # Some of the pieces come from others, however busy the machine.
        self.assertLess(found["scheduling"]["cdn_share"], 1)

    def test_tells_what_is_wrong(self):
        done = subprocess.run(
            [os.path.join(harness.BUILD_DIR, "tests", "bench", "announce_load", "announce_load"),
             "--protocol", "scheduling"], capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--mode members", done.stderr)


if __name__ == "__main__":
    harness.main()
