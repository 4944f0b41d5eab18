"""The headless player straight at an origin: does it notice what it is there to notice?

Every other integration test relies on it; so a player that finds nothing wrong must fail here.
"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from fault_origin import after, answer_status, ignore_range, slowly, truncate
from live_origin import LiveFaultOrigin


def answer_corrupted(handler, body):
    ignore_range(handler, body[:1000] + bytes([body[1000] ^ 1]) + body[1001:])


class PlayerTest(harness.TestCase):
    def live(self, **options):
        origin = LiveFaultOrigin(self.subfolder("origin"), **{"size": 50_000, **options})
        self.defer(origin.stop)
        return origin

    def play_at(self, origin, seconds, *options):
        player = self.play_straight(origin.origin, origin, *options)
        self.watch([player], seconds)
        self.finish([player])
        return player.events

    def test_plays_nginx_in_real_time_without_a_flaw(self):
        cdn = self.live_cdn(size=100_000)
        player = self.play_straight(cdn.origin, cdn)
        self.watch([player], 6)
        self.finish([player])
        self.assert_intact([player], segments=8)
        self.assert_no_stall([player])
        self.assertLess(player.events.startup, 1.0)
        self.assertTrue(2.9 < player.events.latency < 5.0, player.events.latency)
        self.assertEqual(cdn.traffic().segment_requests, player.events.received)

    def test_finds_a_flipped_bit(self):
        origin = self.live()
        origin.fault(r"/live/00006\.ts", answer_corrupted)
        origin.start()
        self.assertEqual(self.play_at(origin, 3).corrupt, 1)

    def test_reports_a_segment_that_does_not_exist_as_lost(self):
        origin = self.live()
        origin.fault(r"/live/00006\.ts", answer_status(404))
        origin.start()
        events = self.play_at(origin, 3)
        self.assertEqual((events.lost, events.corrupt), (1, 0))

    def test_tries_again_when_the_server_has_a_bad_moment(self):
        origin = self.live()
        origin.fault(r"/live/00006\.ts", answer_status(503), times=1)
        origin.fault(r"/live/00007\.ts", truncate(100), times=1)
        origin.start()
        events = self.play_at(origin, 6)
        self.assertEqual((events.lost, events.corrupt, len(events.errors)), (0, 0, 2))

    def test_stalls_when_a_segment_takes_longer_than_the_buffer_lasts(self):
        origin = self.live()
        origin.fault(r"/live/00008\.ts", after(5.0), times=1)
        origin.start()
        events = self.play_at(origin, 8)
        self.assertEqual(events.stalls, 1)
        self.assertTrue(1.0 < events.stall_seconds < 4.0, events.stall_seconds)

    def test_counts_a_stall_that_never_ends(self):
        origin = self.live()
        origin.fault(r"/live/00008\.ts", slowly(1000))
        origin.start()
        events = self.play_at(origin, 7)
        self.assertGreater(events.stall_seconds, 1.5)

    def test_loses_what_left_the_playlist_before_its_turn(self):
        origin = self.live(window=5)
        origin.fault(r"/live/00006\.ts", after(7.0), times=1)
        origin.start()
        events = self.play_at(origin, 10)
        self.assertGreaterEqual(events.lost, 1)

    def test_keeps_requests_apart_by_no_more_than_the_playlist_asks(self):
        origin = self.live()
        origin.start()
        self.play_at(origin, 4)
        asked = len(origin.requested(r"/live/stream\.m3u8"))
        self.assertTrue(4 <= asked <= 10, asked)

    def test_plays_vod_to_its_end_and_honours_seeks(self):
        cdn = self.live_cdn(size=20_000, window=30)
        cdn.publisher.kind, cdn.publisher.ended = "VOD", True
        cdn.publisher.write_playlist()
        player = self.play_straight(cdn.origin, cdn, "--seek", "1:25", "--max-buffer", "10")
        self.wait_for_end(player, timeout=10)
        self.assert_intact([player], segments=13)
        self.assertLess(player.events.received, 25)


if __name__ == "__main__":
    harness.main()
