"""A CDN that errs in every way a CDN can: nothing is lost, nothing wrong reaches a player."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fault_origin as faults
import harness
from live_origin import LiveFaultOrigin

ANY_SEGMENT = r"/live/\d+\.ts"


class CdnFaultsTest(harness.TestCase):
    def swarm_at(self, *behaviours, seconds=7, size=250_000, duration=1.0, viewers=2,
                 prepare=None):
        """Viewers of a live stream whose segments get these faults (path, behaviour, times)."""
        origin = LiveFaultOrigin(self.subfolder("origin"), size, duration)
        for path, behaviour, times in behaviours:
            origin.fault(path, behaviour, times)
        if prepare:
            prepare(origin)
        origin.start()
        self.defer(origin.stop)
        tracker = self.tracker()
        playing = [self.play(self.viewer(origin.origin, tracker), origin)
                   for _ in range(viewers)]
        self.watch(playing, seconds)
        self.finish(playing)
        return origin, playing

    def assert_played_through(self, viewers, segments=6):
        self.assert_intact(viewers, segments)
        self.assert_no_stall(viewers)

    def test_404_is_passed_on_and_the_next_segment_plays(self):
        _, viewers = self.swarm_at((r"/live/00008\.ts", faults.answer_status(404), None))
        for viewer in viewers:
            events = viewer.events
            self.assertEqual((events.lost, events.corrupt), (1, 0), events.errors)
            self.assertIn("404", " ".join(events.errors))
            self.assertGreaterEqual(events.received, 6)

    def test_404_that_passes_is_no_loss_for_those_who_ask_later(self):
        """An edge that is late to know it: the client's own early fetch must not decide."""
        _, viewers = self.swarm_at((r"/live/00009\.ts", faults.answer_status(404), 1), viewers=1,
                                   seconds=9)
        self.assertEqual(viewers[0].events.corrupt, 0)
        self.assertLessEqual(viewers[0].events.lost, 1)
        self.assertGreaterEqual(viewers[0].events.received, 7)

    def test_503_is_tried_again(self):
        _, viewers = self.swarm_at((ANY_SEGMENT, faults.answer_status(503), 4))
        self.assertEqual([v.events.corrupt + v.events.lost for v in viewers], [0, 0])
        self.assertTrue(all(v.events.received >= 5 for v in viewers))

    def test_a_segment_that_is_never_there_is_an_error_in_the_end(self):
        _, viewers = self.swarm_at((r"/live/00008\.ts", faults.answer_status(500), None),
                                   viewers=1, seconds=12)
        self.assertIn("50", " ".join(viewers[0].events.errors))
        self.assertEqual(viewers[0].events.corrupt, 0)

    def test_416_for_a_range_makes_no_hole(self):
        origin, viewers = self.swarm_at((ANY_SEGMENT, _refuse_far_ranges, None), size=150_000)
        self.assert_played_through(viewers)
        self.assertTrue(any(r.range for r in origin.requests))

    def test_200_instead_of_206(self):
        _, viewers = self.swarm_at((ANY_SEGMENT, faults.ignore_range, None))
        self.assert_played_through(viewers)

    def test_no_length_and_no_ranges(self):
        for behaviour in (faults.chunked, faults.unmeasured):
            with self.subTest(behaviour.__name__):
                _, viewers = self.swarm_at((ANY_SEGMENT, behaviour, None), seconds=6, viewers=1)
                self.assert_played_through(viewers, segments=5)

    def test_truncated_bodies(self):
        _, viewers = self.swarm_at((ANY_SEGMENT, faults.truncate(20_000), 5))
        self.assert_played_through(viewers, segments=6)

    def test_bodies_that_stop_in_the_middle(self):
        _, viewers = self.swarm_at((r"/live/00009\.ts", faults.stall_after(30_000), 1),
                                   seconds=11, size=500_000, duration=2.0)
        self.assert_played_through(viewers, segments=7)

    def test_the_first_byte_takes_long(self):
        _, viewers = self.swarm_at((r"/live/000(09|11)\.ts", faults.after(1.2), None))
        self.assert_played_through(viewers)

    def test_slow_bodies(self):
        """Faster than real time, but not by much: 250 kB a second of media, at 400 kB a second."""
        _, viewers = self.swarm_at((ANY_SEGMENT, faults.slowly(400_000), None), seconds=10)
        self.assert_intact(viewers, segments=7)
        self.assertLess(max(v.events.stall_seconds for v in viewers), 1.0)

    def test_content_range_that_lies_about_the_total(self):
        """Too short a total cannot be told from the truth, but costs that one segment only; one that
        is too long turns out when the bytes are not there."""
        for difference, corrupt in ((5000, 0), (-5000, 1)):
            with self.subTest(difference):
                _, viewers = self.swarm_at(
                    (r"/live/00009\.ts", faults.lie_about_total(difference), 1), seconds=9)
                self.assertLessEqual(max(v.events.corrupt for v in viewers), corrupt)
                self.assertTrue(all(v.events.received >= 6 for v in viewers),
                                [v.events.received for v in viewers])

    def test_206_for_another_range_than_asked(self):
        _, viewers = self.swarm_at((r"/live/00009\.ts", faults.wrong_range(1000), 2))
        self.assert_intact(viewers, segments=6)

    def test_more_bytes_than_announced(self):
        _, viewers = self.swarm_at((ANY_SEGMENT, faults.longer_than_said(3000), 4))
        self.assert_intact(viewers, segments=6)

    def test_no_http_at_all(self):
        _, viewers = self.swarm_at((r"/live/00009\.ts", faults.garbage, 2))
        self.assert_intact(viewers, segments=6)

    def test_connections_are_reset(self):
        _, viewers = self.swarm_at((ANY_SEGMENT, faults.reset, 4))
        self.assert_intact(viewers, segments=6)

    def test_redirects_to_another_host(self):
        other = faults.FaultOrigin()
        other.start()
        self.defer(other.stop)

        def prepare(origin):
            class Elsewhere(dict):
                """Serves what the origin has."""
                def get(self, path, default=None):
                    return origin.files.get(path, default)
            other.files = Elsewhere()
            origin.fault(ANY_SEGMENT, _redirect_all(other.origin))

        origin, viewers = self.swarm_at(prepare=prepare)
        self.assert_played_through(viewers)
        self.assertGreater(len(other.requests), 5)

    def test_redirects_in_a_circle(self):
        _, viewers = self.swarm_at((r"/live/00009\.ts", _redirect_to_itself, None), viewers=1)
        self.assertEqual(viewers[0].events.corrupt, 0)
        self.assertIn("segment 9: HTTP status 50", " ".join(viewers[0].events.errors))

    def test_the_playlist_fails_for_a_while(self):
        origin = LiveFaultOrigin(self.subfolder("origin"), size=100_000)
        origin.start()
        self.defer(origin.stop)
        viewer = self.play(self.viewer(origin.origin), origin)
        self.wait_for_segments(viewer, 4)
        origin.fault(r"/live/stream\.m3u8", faults.answer_status(503), times=3)
        self.watch([viewer], 6)
        self.finish([viewer])
        self.assert_intact([viewer], segments=8)
        self.assert_no_stall([viewer])
        self.assertEqual(viewer.events.errors, [], "the last playlist should have served")


def _refuse_far_ranges(handler, body):
    """416 to every second range that does not begin with the first byte."""
    part = handler.range_of(len(body))
    count = len(handler.server.origin.requests)
    if part and part[0] > 0 and count % 2:
        handler.head(416, 0, Content_Range=f"bytes */{len(body)}")
    else:
        faults.answer_well(handler, body)


def _redirect_all(origin):
    def behave(handler, _):
        handler.head(302, 0, Location=origin + handler.path)
    return behave


def _redirect_to_itself(handler, _):
    handler.head(302, 0, Location=handler.path)


if __name__ == "__main__":
    harness.main()
