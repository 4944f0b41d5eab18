"""The bench of a restart works: not how fast, but that members come back and the figures are there."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support")]
import harness


class RestartSmokeTest(harness.TestCase):
    def test_members_come_back_and_are_counted(self):
        results = os.path.join(self.folder, "results.json")
        done = subprocess.run(
            [sys.executable, "-B", os.path.join(HERE, "restart", "restart.py"), "--members", "30000",
             "--swarms", "50", "--runs", "2", "--build-dir", harness.BUILD_DIR, "--json", results],
            capture_output=True, text=True, timeout=80, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(results, encoding="ascii") as file:
            document = json.load(file)
        self.assertEqual((document["members"], len(document["runs"])), (30000, 2))
        for run in document["runs"]:
            # It also fails by itself unless every member is back.
            self.assertLess(0, run["first_answer_s"])
            self.assertLess(run["first_answer_s"], run["back_s"])


if __name__ == "__main__":
    harness.main()
