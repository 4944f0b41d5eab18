"""What viewers do: seek, pause, watch with several players, watch VOD, leave, come back."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness


class ViewingTest(harness.TestCase):
    def vod(self, segments, size=100_000, kind="VOD"):
        cdn = self.live_cdn(size=size, window=segments)
        cdn.publisher.kind, cdn.publisher.ended = kind, True
        cdn.publisher.write_playlist()
        return cdn

    def test_seeks_within_vod_forwards_and_backwards(self):
        cdn = self.vod(60)
        tracker = self.tracker()
        viewers = [self.play(self.viewer(cdn.origin, tracker), cdn, "--max-buffer", "8",
                             "--seek", "2:40", "--seek", "5:10", "--seek", "8:55")
                   for _ in range(2)]
        for viewer in viewers:
            self.wait_for_end(viewer, timeout=25)
        self.assert_intact(viewers, segments=25)
        self.assert_no_stall(viewers)

    def test_seeks_back_within_a_live_window(self):
        cdn = self.live_cdn(size=150_000, window=20)
        tracker = self.tracker()
        viewers = [self.play(self.viewer(cdn.origin, tracker), cdn, "--seek", "4:6")
                   for _ in range(2)]
        self.watch(viewers, 9)
        self.finish(viewers)
        self.assert_intact(viewers, segments=12)
        self.assert_no_stall(viewers)

    def test_pauses_and_goes_on(self):
        cdn = self.live_cdn(size=150_000, window=20)
        tracker = self.tracker()
        viewers = [self.viewer(cdn.origin, tracker) for _ in range(2)]
        self.play(viewers[0], cdn, "--pause", "3:6")
        self.play(viewers[1], cdn)
        self.watch(viewers, 14)
        self.finish(viewers)
        self.assert_intact(viewers, segments=12)
        self.assert_no_stall(viewers)

    def test_several_players_at_one_client_share_what_it_fetches(self):
        cdn = self.live_cdn(size=150_000)
        client = self.viewer(cdn.origin)
        players = []
        for number in range(3):
            player = self.play_straight(f"http://127.0.0.1:{client.port}", cdn,
                                        "--user-agent", f"player {number}")
            players.append(player)
            self.watch(players, 1)
        self.watch(players, 7)
        self.finish(players)
        self.assert_intact(players, segments=7)
        self.assert_no_stall(players)
        self.assertLess(self.cdn_share(cdn, players), 0.5)

    def test_one_client_serves_two_streams_at_once(self):
        cdn = self.live_cdn(size=100_000)
        os.symlink(os.path.join(cdn.root, "live"), os.path.join(cdn.root, "other"))
        client = self.viewer(cdn.origin, self.tracker())
        one = self.play_straight(f"http://127.0.0.1:{client.port}", cdn)
        other = self.play_straight(f"http://127.0.0.1:{client.port}", None,
                                   path="/other/stream.m3u8")
        self.watch([one, other], 6)
        self.assertEqual(len(self.status_of(client)["streams"]), 2)
        self.finish([one, other])
        self.assert_intact([one], segments=6)
        self.assertEqual((other.events.lost, other.events.stalls), (0, 0))
        self.assertGreaterEqual(other.events.received, 6)

    def test_plays_an_event_playlist_from_the_live_edge_and_from_its_beginning(self):
        cdn = self.live_cdn(size=100_000)
        cdn.publisher.kind = "EVENT"
        cdn.publisher.write_playlist()
        tracker = self.tracker()
        live = self.play(self.viewer(cdn.origin, tracker), cdn)
        late = self.play(self.viewer(cdn.origin, tracker), cdn, "--seek", "1:0")
        self.watch([live, late], 6)
        cdn.publisher.ended = True
        for viewer in (live, late):
            self.wait_for_end(viewer, timeout=10)
        self.assert_intact([live, late], segments=8)
        self.assertGreater(late.events.received, live.events.received)

    def test_players_that_come_and_go(self):
        """A player that breaks off in the middle of a segment, again and again."""
        cdn = self.live_cdn(size=400_000)
        client = self.viewer(cdn.origin)
        steady = self.play(client, cdn)
        self.wait_for_segments(steady, 2)
        for _ in range(10):
            path = f"/live/{cdn.publisher.name(cdn.publisher.next_sequence - 1)}"
            with socket.create_connection(("127.0.0.1", client.port), 5) as player:
                player.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                player.recv(1000)
            time.sleep(0.2)
        self.watch([steady], 3)
        self.finish([steady])
        self.assert_intact([steady], segments=5)
        self.assert_no_stall([steady])

    def test_leaves_when_nobody_watches_and_returns(self):
        cdn = self.live_cdn(size=50_000)
        tracker = self.tracker()
        viewer = self.play(self.viewer(cdn.origin, tracker), cdn)
        self.wait_for_segments(viewer, 4)
        self.finish([viewer])
        # Three target durations after the last request it is gone from the CDN ...
        time.sleep(4)
        before = len(cdn.requests())
        time.sleep(3)
        self.assertEqual(len(cdn.requests()), before, "still polls though nobody watches")
        # ... and returns with the player.
        self.play(viewer, cdn)
        self.wait_for_segments(viewer, 4)
        self.finish([viewer])
        self.assert_intact([viewer], segments=4)

    def test_memory_stays_within_bounds(self):
        """64 MB of segments through a cache of 4 MiB."""
        cdn = self.vod(64, size=1_000_000)
        viewer = self.play(self.viewer(cdn.origin, self.tracker(), "--cache-bytes", "4MiB"), cdn,
                           "--max-buffer", "1000")
        self.wait_for_end(viewer, timeout=30)
        self.assert_intact([viewer], segments=64)
        status = self.status_of(viewer)
        self.assertLessEqual(status["cache"]["bytes"], 2 * (4 << 20))
        if not harness.SANITIZED:
            self.assertLess(status["process"]["rss_max_bytes"], 48e6)


if __name__ == "__main__":
    harness.main()
