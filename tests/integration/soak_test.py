"""A tracker under load for long: its memory stays what it was once it knew everybody.

    soak_test.py [--seconds 600]

Members announce, leave and come back, connections are cut, and announces that are to be refused arrive
beside them. Run by ctest it takes half a minute, which shows that it works; ten minutes show more."""

import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness

SECONDS = 24.0
LOAD = os.path.join(harness.BUILD_DIR, "tests", "bench", "announce_load", "announce_load")
# Beyond what the first half had: a twentieth, and what an allocator may keep or not.
GROWTH, SLACK_BYTES = 1.05, 2_000_000
# Hostile announces come in turns of each kind.
KINDS = ("garbage", "short-id", "twice", "huge")


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class SoakTest(harness.TestCase):
    def load(self, tracker, *options):
        process = subprocess.Popen([LOAD, "--server", tracker.address, "--connections", "200",
                                    "--json", "-", *options],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def test_memory_stays_flat(self):
        tracker = self.tracker("--state-dir", self.subfolder("state"), "--dial-rate", "0",
                               "--max-connections-per-address", "100000")
        # All members come within the first moments, and then call as evenly as they came.
        steady = self.load(tracker, "--mode", "paced", "--rate", "2000", "--members", "20000",
                           "--streams", "1", "--measure", f"{SECONDS:.0f}s", "--storm-after",
                           f"{SECONDS / 2:.0f}s")
        began, resident, turn, hostile = time.monotonic(), [], 0, None
        while steady.poll() is None:
            if hostile is None or hostile.poll() is not None:
                hostile = self.load(tracker, "--mode", "paced", "--rate", "500", "--no-fill",
                                    "--hostile", KINDS[turn % len(KINDS)], "--measure", "3s",
                                    "--members", "1000")
                turn += 1
            resident.append((time.monotonic() - began, resident_bytes(tracker.process.pid)))
            time.sleep(0.25)
        hostile.wait()
        self.assertEqual(steady.returncode, 0, steady.stderr.read())
        length = time.monotonic() - began
        self.assertGreaterEqual(length, SECONDS)
        first, last = (statistics.median(size for at, size in resident
                                         if begin <= at / length < end)
                       for begin, end in ((0.25, 0.5), (0.75, 1.0)))
        print(f"{len(resident)} readings in {length:.0f} s: {first / 1e6:.1f} MB in the second "
              f"quarter, {last / 1e6:.1f} MB in the last", file=sys.stderr)
        self.assertLessEqual(last, GROWTH * first + SLACK_BYTES)
        figures = tracker.figures()
        self.assertGreaterEqual(figures["members"], 20_000)
        self.assertGreater(figures["announces"], 1500 * SECONDS)
        self.assertGreater(figures["refusals"], 0)


if __name__ == "__main__":
    if "--seconds" in sys.argv:
        at = sys.argv.index("--seconds")
        SECONDS = float(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    harness.main()
