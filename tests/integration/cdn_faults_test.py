"""A CDN that errs in every way a CDN can: nothing is lost, nothing wrong reaches a player.

Each fault has an origin, a tracker and viewers of its own; a few of them play at a time.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fault_origin as faults
import harness
from live_origin import LiveFaultOrigin

ANY_SEGMENT = r"/live/\d+\.ts"
NINTH = r"/live/00009\.ts"   # published a second after the players have begun
SECONDS = 7


class Fault:
    """Requests for `path` get `behaviour`, the first `times` of them (None: all)."""

    def __init__(self, path, behaviour, times=None):
        self.path = path
        self.behaviour = behaviour
        self.times = times


class CdnFaultsTest(harness.TestCase):
    def start(self, fault=None, viewers=2, size=250_000, duration=1.0):
        origin = LiveFaultOrigin(self.subfolder("origin"), size, duration)
        if fault:
            origin.fault(fault.path, fault.behaviour, fault.times)
        origin.start()
        self.defer(origin.stop)
        tracker = self.tracker()
        return origin, [self.play(self.viewer(origin.origin, tracker), origin)
                        for _ in range(viewers)]

    def play_with(self, named_faults, seconds=SECONDS, **options):
        """{name: (origin, viewers)}, all of them played for so long."""
        swarms = {name: self.start(fault, **options) for name, fault in named_faults.items()}
        everyone = [viewer for _, viewers in swarms.values() for viewer in viewers]
        self.watch(everyone, seconds)
        self.finish(everyone)
        return swarms

    def assert_all_intact(self, swarms, segments=SECONDS - 1, stall_seconds=0.0):
        for name, (_, viewers) in swarms.items():
            with self.subTest(name):
                self.assert_intact(viewers, segments)
                self.assertLessEqual(max(v.events.stall_seconds for v in viewers), stall_seconds)

    def test_errors_that_pass_are_not_seen(self):
        swarms = self.play_with({
            "503": Fault(ANY_SEGMENT, faults.answer_status(503), 4),
            "truncated": Fault(ANY_SEGMENT, faults.truncate(20_000), 5),
            "reset": Fault(ANY_SEGMENT, faults.reset, 4)})
        self.assert_all_intact(swarms, segments=5, stall_seconds=2.0)

    def test_answers_that_are_wrong_are_not_taken(self):
        swarms = self.play_with({
            "longer than announced": Fault(ANY_SEGMENT, faults.longer_than_said(3000), 4),
            "no HTTP": Fault(NINTH, faults.garbage, 2),
            "another range": Fault(NINTH, faults.wrong_range(1000), 2)})
        self.assert_all_intact(swarms)

    def test_servers_that_cannot_do_ranges(self):
        swarms = self.play_with({
            "200 instead of 206": Fault(ANY_SEGMENT, faults.ignore_range),
            "416 now and then": Fault(ANY_SEGMENT, _refuse_far_ranges)}, size=150_000)
        swarms |= self.play_with({
            "chunked": Fault(ANY_SEGMENT, faults.chunked),
            "unmeasured": Fault(ANY_SEGMENT, faults.unmeasured)}, viewers=1)
        self.assert_all_intact(swarms)
        self.assertTrue(any(r.range for r in swarms["416 now and then"][0].requests))

    def test_slow_servers(self):
        """250 kB make a second of media."""
        swarms = self.play_with({
            "first byte after 1.2 s": Fault(r"/live/000(09|11)\.ts", faults.after(1.2)),
            "400 kB/s": Fault(ANY_SEGMENT, faults.slowly(400_000))}, seconds=9)
        self.assert_all_intact({"first byte after 1.2 s": swarms.pop("first byte after 1.2 s")})
        self.assert_all_intact(swarms, stall_seconds=1.0)

    def test_bodies_that_stop_in_the_middle(self):
        swarms = self.play_with({"stall": Fault(NINTH, faults.stall_after(30_000), 1)},
                                seconds=11, size=500_000, duration=2.0)
        self.assert_all_intact(swarms, segments=7)

    def test_what_is_not_there_is_passed_on_and_the_next_segment_plays(self):
        swarms = self.play_with({
            "404": Fault(NINTH, faults.answer_status(404)),
            "404 once": Fault(NINTH, faults.answer_status(404), 1),
            "410": Fault(NINTH, faults.answer_status(410))})
        for name, (_, viewers) in swarms.items():
            for viewer in viewers:
                with self.subTest(name):
                    events = viewer.events
                    self.assertEqual(events.corrupt, 0)
                    self.assertGreaterEqual(events.received, SECONDS - 2)
                    if name == "404 once":  # an edge that is late to know it
                        self.assertLessEqual(events.lost, 1)
                    else:
                        self.assertEqual(events.lost, 1, events.errors)
                        self.assertIn(name, " ".join(events.errors))

    def test_what_never_comes_is_an_error_in_the_end(self):
        swarms = self.play_with({
            "500": Fault(NINTH, faults.answer_status(500)),
            "redirects in a circle": Fault(NINTH, _redirect_to_itself)}, viewers=1, seconds=9)
        for name, (_, viewers) in swarms.items():
            with self.subTest(name):
                self.assertEqual(viewers[0].events.corrupt, 0)
                self.assertIn("segment 9: HTTP status 50", " ".join(viewers[0].events.errors))

    def test_content_range_that_lies_about_the_total(self):
        """Too short a total cannot be told from the truth, but costs that one segment only; one
        that is too long turns out when the bytes are not there."""
        swarms = self.play_with({"too long": Fault(NINTH, faults.lie_about_total(5000), 1),
                                 "too short": Fault(NINTH, faults.lie_about_total(-5000), 1)},
                                seconds=9)
        for name, (_, viewers) in swarms.items():
            with self.subTest(name):
                corrupt = max(viewer.events.corrupt for viewer in viewers)
                self.assertLessEqual(corrupt, 1 if name == "too short" else 0)
                self.assertGreaterEqual(min(viewer.events.received for viewer in viewers), 6)

    def test_redirects_to_another_host(self):
        other = faults.FaultOrigin()
        other.start()
        self.defer(other.stop)
        swarms = self.play_with({"redirect": Fault(ANY_SEGMENT, _redirect_all(other))})
        self.assert_all_intact(swarms)
        self.assertGreater(len(other.requests), 5)

    def test_the_playlist_fails_for_a_while(self):
        origin, viewers = self.start(viewers=1)
        self.wait_for_segments(viewers[0], 4)
        origin.fault(r"/live/stream\.m3u8", faults.answer_status(503), times=3)
        self.watch(viewers, 6)
        self.finish(viewers)
        self.assert_intact(viewers, segments=8)
        self.assert_no_stall(viewers)
        self.assertEqual(viewers[0].events.errors, [], "the last playlist should have served")


def _refuse_far_ranges(handler, body):
    """416 to every second range that does not begin with the first byte."""
    part = handler.range_of(len(body))
    count = len(handler.server.origin.requests)
    if part and part[0] > 0 and count % 2:
        handler.head(416, 0, Content_Range=f"bytes */{len(body)}")
    else:
        faults.answer_well(handler, body)


def _redirect_all(other):
    """To `other`, which gets the files that are asked for."""
    def behave(handler, body):
        other.files[handler.path] = body
        handler.head(302, 0, Location=other.origin + handler.path)
    return behave


def _redirect_to_itself(handler, _):
    handler.head(302, 0, Location=handler.path)


if __name__ == "__main__":
    harness.main()
