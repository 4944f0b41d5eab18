"""A tracker that keeps its members in a store: killed, on a full disk, with a damaged database."""

import glob
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import tracker_calls
from demo.processes import Failed, wait_until

SWARM = b"restart test 001"
STORE_HEALTH = "shoal.v1.Tracker.store"
# What a tracker that is killed may have failed to store. A sanitized one is slow.
WINDOW_S = 1.0 if harness.SANITIZED else 0.2
ROUNDS = 3 if harness.SANITIZED else 6


def peer(number):
    return number.to_bytes(16, "big")


class Caller(threading.Thread):
    """Joins one member after the other, each third of which leaves again, until it fails or is told to stop.
    `joined` and `left`: when the tracker had answered."""

    def __init__(self, port, first, step):
        super().__init__(daemon=True)
        self._port, self._next, self._step = port, first, step
        self._stopped = threading.Event()
        self.joined, self.left = {}, {}

    def run(self):
        while not self._stopped.is_set():
            member, self._next = peer(self._next), self._next + self._step
            try:
                tracker_calls.announce(self._port, member, SWARM)
                self.joined[member] = time.monotonic()
                if self._next // self._step % 3 == 0:
                    # From now on it may have left, whether or not the answer arrives.
                    self.left[member] = None
                    tracker_calls.announce(self._port, member, SWARM, tracker_calls.STOPPED)
                    self.left[member] = time.monotonic()
            except (Failed, OSError):
                return

    def stop(self):
        self._stopped.set()
        self.join()


class RestartTest(harness.TestCase):
    def stored_tracker(self, directory, *options):
        tracker = self.tracker("--store", f"rocksdb:{directory}", *options)
        self.wait_until_warm(tracker)
        return tracker

    def wait_until_warm(self, tracker):
        wait_until(lambda: not tracker_calls.figures(tracker.operator_port)["warming"], 10,
                   "the members to be back", tracker.process)

    def restart(self, tracker):
        tracker.process.kill()
        tracker.restart()
        self.wait_until_warm(tracker)

    def members(self, tracker):
        return tracker_calls.members(tracker.operator_port, SWARM)

    def store(self, tracker):
        return tracker_calls.figures(tracker.operator_port)["store"]

    def wait_until_stored(self, tracker):
        time.sleep(0.3)
        wait_until(lambda: self.store(tracker)["unwritten_changes"] == 0, 5, "all to be stored")

    def test_killed_again_and_again_it_forgets_nobody(self):
        tracker = self.stored_tracker(os.path.join(self.folder, "members"))
        joined, left = {}, {}
        for round_number in range(ROUNDS):
            callers = [Caller(tracker.port, round_number * 1_000_000 + i, 2) for i in (1, 2)]
            for caller in callers:
                caller.start()
            time.sleep(0.6 + 0.17 * round_number)
            killed = time.monotonic()
            tracker.process.kill()
            for caller in callers:
                caller.stop()
                joined |= caller.joined
                left |= caller.left
            tracker.restart()
            self.wait_until_warm(tracker)
            found = self.members(tracker)
            must_be_there = {m for m, at in joined.items() if at < killed - WINDOW_S and m not in left}
            must_be_gone = {m for m, at in left.items() if at is not None and at < killed - WINDOW_S}
            self.assertGreater(len(must_be_there), 20 * (round_number + 1))
            self.assertEqual(must_be_there - found, set(), f"round {round_number}")
            self.assertEqual(must_be_gone & found, set(), f"round {round_number}")
            # What the window swallowed has to be announced again, as clients would do.
            joined = {m: at for m, at in joined.items() if m in found}
            left = {m: at for m, at in left.items() if m not in found}

    def test_a_newcomer_is_told_of_those_known_before(self):
        tracker = self.stored_tracker(os.path.join(self.folder, "members"))
        for number in range(5):
            tracker_calls.announce(tracker.port, peer(number), SWARM)
        self.wait_until_stored(tracker)
        self.restart(tracker)
        answer = tracker_calls.announce(tracker.port, peer(9), SWARM)
        self.assertEqual((answer["swarm_size"], answer["warming"]), (6, False))

    def test_without_a_place_it_warns_and_forgets(self):
        tracker = self.tracker()
        tracker_calls.announce(tracker.port, peer(1), SWARM)
        tracker.process.kill()
        self.assertIn("--state-dir", tracker.process.log_tail())
        tracker.restart()
        self.assertEqual(tracker_calls.figures(tracker.operator_port)["members"], 0)

    def small_disk(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system wants root")
        path = self.subfolder("disk")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", path],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest(f"cannot mount a tmpfs: {done.stderr.strip()}")
        self.defer(subprocess.run, ["umount", "-l", path])
        return path

    def fill_up(self, path):
        with open(path, "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def test_on_a_full_disk_it_serves_from_memory_and_says_so(self):
        disk = self.small_disk()
        tracker = self.stored_tracker(os.path.join(disk, "members"), "--metrics-listen",
                                      "127.0.0.1:0")
        for number in range(50):
            tracker_calls.announce(tracker.port, peer(number), SWARM)
        self.wait_until_stored(tracker)
        filler = os.path.join(disk, "filler")
        self.fill_up(filler)
        for number in range(50, 400):
            tracker_calls.announce(tracker.port, peer(number), SWARM)
        wait_until(lambda: not self.store(tracker)["healthy"], 10, "the tracker to notice")
        self.assertEqual(len(self.members(tracker)), 400)
        self.assertFalse(tracker_calls.is_serving(tracker.port, STORE_HEALTH))
        self.assertTrue(tracker_calls.is_serving(tracker.port, ""))
        self.assertIn("the disk is full", tracker.process.log_tail(50))
        # It can be killed now, too: what was stored before is still there.
        self.restart(tracker)
        self.assertGreaterEqual(self.members(tracker), {peer(number) for number in range(50)})
        wait_until(lambda: not self.store(tracker)["healthy"], 10, "the tracker to notice again")
        for number in range(400):
            tracker_calls.announce(tracker.port, peer(number), SWARM)
        os.remove(filler)
        wait_until(lambda: self.store(tracker)["healthy"], 10, "the store to work again")
        self.assertTrue(tracker_calls.is_serving(tracker.operator_port, STORE_HEALTH))
        self.wait_until_stored(tracker)
        self.restart(tracker)
        self.assertEqual(len(self.members(tracker)), 400)

    def run_to_its_end(self, *options):
        return subprocess.run([harness.TRACKER, "--listen", "127.0.0.1:0", "--operator-listen",
                               "127.0.0.1:0", *options], capture_output=True, text=True,
                              timeout=20, check=False)

    def test_a_damaged_database_is_a_clear_error_and_can_be_repaired(self):
        directory = os.path.join(self.folder, "members")
        tracker = self.stored_tracker(directory)
        for number in range(100):
            tracker_calls.announce(tracker.port, peer(number), SWARM)
        self.wait_until_stored(tracker)
        tracker.process.kill()
        for manifest in glob.glob(os.path.join(directory, "rocksdb", "MANIFEST-*")):
            with open(manifest, "r+b") as file:
                file.write(b"nonsense" * 4)
        done = self.run_to_its_end("--store", f"rocksdb:{directory}")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("--repair", done.stderr)
        self.assertIn(directory, done.stderr)
        repaired = self.stored_tracker(directory, "--repair")
        self.assertIn("repaired", repaired.process.log_tail(50))
        self.assertEqual(len(self.members(repaired)), 100)

    def test_a_taken_port_is_said_before_the_database_is_touched(self):
        tracker = self.tracker()
        directory = os.path.join(self.folder, "untouched")
        done = subprocess.run([harness.TRACKER, "--listen", f"127.0.0.1:{tracker.port}",
                               "--operator-listen", "127.0.0.1:0", "--store",
                               f"rocksdb:{directory}"], capture_output=True, text=True, timeout=20,
                              check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("(--listen)", done.stderr)
        self.assertFalse(os.path.exists(directory))

    def test_what_is_somebody_elses_is_left_alone(self):
        with open(os.path.join(self.subfolder("home"), "letter.txt"), "w",
                  encoding="ascii") as letter:
            letter.write("dear")
        directory = os.path.dirname(letter.name)
        for options in ((), ("--repair",)):
            done = self.run_to_its_end("--store", f"rocksdb:{directory}", *options)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("something other than a shoal-tracker's members", done.stderr)
        self.assertEqual(os.listdir(directory), ["letter.txt"])


if __name__ == "__main__":
    harness.main()
