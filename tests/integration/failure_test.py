"""Clients and trackers that die: playback goes on, and nothing is lost."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo.processes import wait_until
from fault_origin import reset
from live_origin import LiveFaultOrigin


class FailureTest(harness.TestCase):
    def start(self, count, seconds, **options):
        cdn = self.live_cdn(size=250_000, duration=1.0, **options)
        tracker = self.tracker()
        viewers = [self.play(self.viewer(cdn.origin, tracker), cdn) for _ in range(count)]
        self.watch(viewers, seconds)
        return cdn, tracker, viewers

    def test_a_client_is_killed_while_others_pull_from_it(self):
        _, _, viewers = self.start(4, 8)
        # Whoever uploads most is the one whose death hurts most.
        busiest = max(viewers, key=lambda v: self.status_of(v)["links"]["data_bytes_sent"])
        self.assertGreater(self.status_of(busiest)["links"]["data_bytes_sent"], 0)
        busiest.player.stop()
        busiest.client.kill()
        others = [viewer for viewer in viewers if viewer is not busiest]
        received = [viewer.events.received for viewer in others]
        self.watch(others, 12)
        from_peers = sum(self.figure(viewer, "bytes_from_peers") for viewer in others)
        self.finish(others)
        self.assert_intact(others, segments=15)
        self.assert_no_stall(others)
        for viewer, before in zip(others, received):
            self.assertGreaterEqual(viewer.events.received, before + 10)
        self.assertGreater(from_peers, 0)

    def test_two_of_five_clients_are_killed_at_once(self):
        _, _, viewers = self.start(5, 7)
        for viewer in viewers[:2]:
            viewer.player.kill()
            viewer.client.kill()
        self.watch(viewers[2:], 10)
        self.finish(viewers[2:])
        self.assert_intact(viewers[2:], segments=12)
        self.assert_no_stall(viewers[2:])

    def test_the_tracker_is_killed_and_restarted(self):
        cdn, tracker, viewers = self.start(3, 6)
        tracker.process.kill()
        from_peers = sum(self.figure(viewer, "bytes_from_peers") for viewer in viewers)
        self.watch(viewers, 6)
        # Links outlive the tracker, and so does what flows through them.
        later = sum(self.figure(viewer, "bytes_from_peers") for viewer in viewers)
        self.assertGreater(later, from_peers)
        tracker.restart()
        # The last answer before the kill said "again in 15 s", give or take 15 %, and one call may
        # have failed meanwhile.
        wait_until(lambda: tracker.figures()["members"] == 3, 40,
                   "all to announce themselves again")
        newcomer = self.play(self.viewer(cdn.origin, tracker), cdn)
        self.watch([*viewers, newcomer], 6)
        self.assertGreater(self.figure(newcomer, "bytes_from_peers"), 0)
        self.finish([*viewers, newcomer])
        self.assert_intact(viewers, segments=15)
        self.assert_intact([newcomer], segments=5)
        self.assert_no_stall([*viewers, newcomer])

    def test_there_is_no_tracker(self):
        cdn = self.live_cdn()
        viewer = self.play(self.viewer(cdn.origin, tracker=None), cdn)
        self.watch([viewer], 6)
        status = self.status_of(viewer)
        self.finish([viewer])
        self.assert_intact([viewer], segments=6)
        self.assert_no_stall([viewer])
        self.assertFalse(status["tracker"]["reachable"])
        self.assertGreater(status["tracker"]["failures"], 0)
        self.assertLess(viewer.client.stop(), 3.0)

    def test_the_tracker_does_not_answer(self):
        """A port that takes connections and says nothing."""
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        cdn = self.live_cdn()

        class Silent:
            address = f"127.0.0.1:{silent.getsockname()[1]}"

        viewer = self.play(self.viewer(cdn.origin, Silent), cdn)
        self.watch([viewer], 6)
        self.finish([viewer])
        self.assert_intact([viewer], segments=6)
        self.assert_no_stall([viewer])
        self.assertLess(viewer.client.stop(), 3.0)

    def test_the_origin_goes_away_and_comes_back(self):
        origin = LiveFaultOrigin(self.subfolder("origin"), size=100_000)
        origin.start()
        self.defer(origin.stop)
        viewer = self.play(self.viewer(origin.origin), origin)
        self.wait_for_segments(viewer, 4)
        origin.fault(r".*", reset)
        time.sleep(2)
        origin.clear_faults()
        before = viewer.events.received
        self.wait_for_segments(viewer, before + 4)
        self.finish([viewer])
        self.assert_intact([viewer], segments=8)


if __name__ == "__main__":
    harness.main()
