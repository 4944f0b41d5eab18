"""What a tracker must outlive: clients that take all its file descriptors, too many connections, and
thousands that go at once."""

import os
import resource
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import tracker_calls
from demo.processes import Failed, wait_until


def connect(port):
    """A connection. Its other end may have closed it before the system says that it is connected."""
    connection = socket.socket()
    connection.settimeout(5)
    try:
        connection.connect(("127.0.0.1", port))
    except ConnectionResetError:
        pass
    return connection


def was_turned_away(connection, seconds=2.0):
    """Whether the other end has closed it, rather than waiting for what it sends."""
    connection.settimeout(seconds)
    try:
        while data := connection.recv(4096):
            # The server's settings: it was admitted.
            if data:
                return False
        return True
    except socket.timeout:
        return False
    except OSError:  # reset, then or before it was connected
        return True


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class TrackerSurvivalTest(harness.TestCase):
    def announces(self, tracker):
        """Whether a new client is answered."""
        try:
            tracker_calls.announce(tracker.port, b"p" * 16, b"s" * 16, timeout=2.0)
            return True
        except (OSError, Failed):
            return False

    def load(self, tracker):
        """Four thousand clients that come, announce themselves and go."""
        subprocess.run(
            [os.path.join(harness.BUILD_DIR, "tests", "bench", "announce_load", "announce_load"),
             "--server", tracker.address, "--mode", "paced", "--rate", "100", "--members", "4000",
             "--connections", "4000", "--streams", "1", "--warm-up", "100ms", "--measure", "1s",
             "--json", "-"], check=True, capture_output=True, timeout=60)

    def test_serves_again_within_a_second_of_running_out_of_descriptors(self):
        tracker = self.tracker()
        limit = len(os.listdir(f"/proc/{tracker.process.pid}/fd")) + 20
        resource.prlimit(tracker.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        crowd = [connect(tracker.port) for _ in range(60)]
        # Whoever finds no room is told at once, not left waiting.
        wait_until(lambda: was_turned_away(crowd[-1], 0.1), 5, "the last one to be turned away")
        self.assertFalse(self.announces(tracker))
        for connection in crowd:
            connection.close()
        began = time.monotonic()
        wait_until(lambda: self.announces(tracker), 5, "an answer")
        self.assertLess(time.monotonic() - began, 1)
        self.assertTrue(tracker.process.running())

    def test_turns_away_whom_it_has_no_room_for_at_once(self):
        tracker = self.tracker("--max-connections-per-address", "5")
        crowd = [connect(tracker.port) for _ in range(5)]
        for connection in crowd:
            self.defer(connection.close)
        late = connect(tracker.port)
        self.defer(late.close)
        began = time.monotonic()
        self.assertTrue(was_turned_away(late))
        self.assertLess(time.monotonic() - began, 1)
        self.assertFalse(self.announces(tracker))
        crowd.pop().close()
        wait_until(lambda: self.announces(tracker), 3, "an answer in the room that was left")

    def test_gives_memory_back_when_thousands_go(self):
        tracker = self.tracker("--max-connections-per-address", "100000")
        with open(f"/proc/{tracker.process.pid}/maps", encoding="ascii") as maps:
            if "jemalloc" not in maps.read():
                self.skipTest("built without jemalloc")
        self.assertTrue(self.announces(tracker))
        base = resident_bytes(tracker.process.pid)
        self.load(tracker)
        wait_until(lambda: resident_bytes(tracker.process.pid) <= 1.25 * base, 15,
                   "memory to come back")


if __name__ == "__main__":
    harness.main()
