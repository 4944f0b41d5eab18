"""Trackers that answer nonsense: every client plays on from the CDN, and says what is wrong."""

import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo.processes import Process, wait_for_ports

# Answers that no client can take for right, and those that are merely useless.
NONSENSE = ("refuse", "wrong-layout", "half-member", "random-bytes", "too-many", "too-few-swarms",
            "too-many-swarms", "huge-answer")
USELESS = ("hang", "dead-members", "enormous-swarm", "no-interval", "long-interval", "long-cookie")


class HostileTracker:
    def __init__(self, test, behaviour):
        folder = test.subfolder(behaviour)
        self.behaviour = behaviour
        ports = os.path.join(folder, "ports")
        self._out = os.path.join(folder, "out")
        self.process = Process(
            f"the {behaviour} tracker",
            [harness.support_program("hostile_tracker"), "--ports-file", ports, "--behaviour",
             behaviour], os.path.join(folder, "log"), stdout=self._out)
        test.track(lambda: self.process)
        self.address = f"127.0.0.1:{wait_for_ports(self.process, ports, ('listen',))['listen']}"

    def calls(self):
        with open(self._out, encoding="ascii") as out:
            return len(out.readlines())


class HostileTrackerTest(harness.TestCase):
    def play_with(self, trackers, seconds=10):
        """One viewer for each tracker, all of the same stream; their /-/status at the end."""
        cdn = self.live_cdn(size=100_000, duration=1.0)
        viewers = [self.play(self.viewer(cdn.origin, tracker), cdn) for tracker in trackers]
        self.watch(viewers, seconds)
        statuses = [self.status_of(viewer) for viewer in viewers]
        self.finish(viewers)
        self.assert_intact(viewers, segments=seconds - 2)
        self.assert_no_stall(viewers)
        for viewer in viewers:
            self.assertLess(viewer.client.stop(), 3.0)
            self.assertEqual(viewer.client.exit_status, 0)
        return viewers, statuses

    def test_nonsense_is_told_and_does_not_matter(self):
        trackers = [HostileTracker(self, behaviour) for behaviour in NONSENSE]
        viewers, statuses = self.play_with(trackers)
        for tracker, viewer, status in zip(trackers, viewers, statuses):
            self.assertGreater(tracker.calls(), 0, tracker.behaviour)
            self.assertLess(tracker.calls(), 20, tracker.behaviour)
            self.assertGreater(status["tracker"]["failures"], 0, tracker.behaviour)
            self.assertIn("tracker", viewer.client.log_tail(1000).lower(), tracker.behaviour)

    def test_useless_answers_do_not_matter(self):
        trackers = [HostileTracker(self, behaviour) for behaviour in USELESS]
        self.play_with(trackers)
        for tracker in trackers:
            self.assertGreater(tracker.calls(), 0, tracker.behaviour)
            self.assertLess(tracker.calls(), 20, tracker.behaviour)

    def test_something_that_is_no_tracker(self):
        """HTTP/1.1, and then random bytes, on the tracker's port."""
        servers = []
        for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", bytes(range(256)) * 64):
            server = socket.create_server(("127.0.0.1", 0))
            self.addCleanup(server.close)
            threading.Thread(target=_answer, args=(server, answer), daemon=True).start()
            servers.append(type("Server", (), {
                "address": f"127.0.0.1:{server.getsockname()[1]}"}))
        self.play_with(servers, seconds=6)


def _answer(server, answer):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            try:
                connection.recv(1000)
                connection.sendall(answer)
            except OSError:
                pass


if __name__ == "__main__":
    harness.main()
