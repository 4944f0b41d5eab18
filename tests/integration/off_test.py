"""Without peers (--assignment=off) the client is no worse than the player straight at nginx."""

import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo.processes import stop_all

PLAYERS = 4
SECONDS = 12


class OffTest(harness.TestCase):
    def test_is_no_worse_than_the_player_straight_at_the_cdn(self):
        if harness.SANITIZED:
            self.skipTest("measures time, of which a sanitizer takes most")
        cdn = self.live_cdn(size=500_000, duration=2.0)
        through = [self.viewer(cdn.origin, None, "--assignment=off") for _ in range(PLAYERS)]
        straight = []
        for viewer in through:  # in pairs, so that both begin at the same point of the stream
            straight.append(self.play_straight(cdn.origin, cdn))
            self.play(viewer, cdn)
            self.watch(through[:len(straight)] + straight, 0.6)
        before = cdn.traffic()
        self.watch(through + straight, SECONDS)
        stop_all([viewer.player for viewer in through + straight])
        traffic = cdn.traffic() - before
        self.finish(through + straight)
        self.assert_intact(through + straight, segments=7)
        self.assert_no_stall(through + straight)

        def median(viewers, name):
            return statistics.median(getattr(viewer.events, name) for viewer in viewers)
        for way, viewers in (("through the client", through), ("straight at nginx", straight)):
            print(f"{way}: start-up {median(viewers, 'startup'):.3f} s, "
                  f"latency {median(viewers, 'latency'):.3f} s, no stall", flush=True)
        self.assertLess(median(through, "startup") - median(straight, "startup"), 0.1)
        self.assertLess(median(through, "latency") - median(straight, "latency"), 0.3)
        received = sum(viewer.events.received for viewer in through)
        self.assertLessEqual(abs(received - sum(v.events.received for v in straight)), PLAYERS)
        # Both halves are in the log: one request a segment each.
        segments = SECONDS / 2 * 2 * PLAYERS
        self.assertLess(traffic.segment_requests, segments * 1.15)
        self.assertLess(traffic.segment_bytes, segments * 1.15 * 500_000)
        for viewer in through:
            self.assertEqual(self.status_of(viewer)["totals"]["bytes_from_peers"], 0)

    def test_does_not_announce_itself(self):
        cdn = self.live_cdn(size=50_000)
        tracker = self.tracker()
        viewer = self.play(self.viewer(cdn.origin, tracker, "--assignment=off"), cdn)
        self.wait_for_segments(viewer, 4)
        self.assertEqual(tracker.figures()["announces"], 0)


if __name__ == "__main__":
    harness.main()
