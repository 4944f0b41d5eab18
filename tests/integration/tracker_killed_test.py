"""A tracker that is killed under live clients, or stopped for a while: viewers notice nothing, all come
back by themselves and not at the same moment, and nobody is forgotten."""

import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
import tracker_calls

VIEWERS = 6
# What a tracker of few members says at the most: its least interval, and the jitter.
INTERVAL_S = 15 * 1.15
SWARM = b"stopped for long"


class TrackerKilledTest(harness.TestCase):
    def tracker_of(self, viewer):
        return self.status_of(viewer)["tracker"]

    def test_playback_goes_on_and_all_come_back_spread_out(self):
        cdn = self.live_cdn(size=100_000)
        tracker = self.tracker()
        viewers = [self.play(self.viewer(cdn.origin, tracker), cdn) for _ in range(VIEWERS)]
        self.watch(viewers, 6)
        tracker.process.kill()
        from_peers = sum(self.figure(viewer, "bytes_from_peers") for viewer in viewers)
        # They had joined within a moment, so they call again within one, and fail; quick tries, too.
        give_up = time.monotonic() + 2 * INTERVAL_S
        while min(self.tracker_of(viewer)["failures"] for viewer in viewers) < 2:
            self.assertLess(time.monotonic(), give_up, "not all have noticed")
            self.watch(viewers, 0.5)
        self.assertGreater(sum(self.figure(viewer, "bytes_from_peers") for viewer in viewers),
                           from_peers + 1_000_000)

        tracker.restart()
        began, back = time.monotonic(), {}
        while len(back) < VIEWERS:
            self.assertLess(time.monotonic() - began, 1.2 * INTERVAL_S, "not all are back")
            self.watch(viewers, 0.1)
            for viewer in viewers:
                if viewer not in back and self.tracker_of(viewer)["reachable"]:
                    back[viewer] = time.monotonic()
        moments = sorted(back.values())
        at_once = max(sum(at <= other < at + 1 for other in moments) for at in moments)
        self.assertLessEqual(at_once, VIEWERS - 2, f"came back at {moments}")
        self.assertEqual(tracker.figures()["members"], VIEWERS)
        self.finish(viewers)
        self.assert_intact(viewers, segments=15)
        self.assert_no_stall(viewers)

    def test_who_could_not_call_while_it_stood_still_is_not_forgotten(self):
        tracker = self.tracker()
        for number in range(5):
            tracker_calls.announce(tracker.port, number.to_bytes(16, "big"), SWARM)
        time.sleep(1)
        os.kill(tracker.process.pid, signal.SIGSTOP)
        # Longer than the two and a quarter intervals that a member may be silent.
        time.sleep(2.5 * INTERVAL_S)
        os.kill(tracker.process.pid, signal.SIGCONT)
        time.sleep(1)
        self.assertEqual(tracker.figures()["members"], 5)
        self.assertEqual(tracker_calls.announce(tracker.port, b"another newcomer",
                                                SWARM)["swarm_size"], 6)


if __name__ == "__main__":
    harness.main()
