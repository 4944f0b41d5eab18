"""A live stream through a swarm: the right bytes, in time, most of them from other clients."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo.processes import wait_until
from demo.viewer import Viewer

VIEWERS = 4
SEGMENT = 250_000


class SwarmTest(harness.TestCase):
    def swarm(self, seconds, *options, join_every=0.5):
        """The CDN, the tracker, and VIEWERS viewers that have played for so long."""
        cdn = self.live_cdn(size=SEGMENT, duration=1.0)
        tracker = self.tracker()
        viewers = []
        for _ in range(VIEWERS):
            viewers.append(self.play(self.viewer(cdn.origin, tracker, *options), cdn))
            self.watch(viewers, join_every)
        self.watch(viewers, seconds)
        return cdn, tracker, viewers

    def test_takes_most_bytes_from_peers_and_loses_none(self):
        cdn, tracker, viewers = self.swarm(25)
        figures = tracker.figures()
        self.assertEqual((figures["members"], figures["swarms"]), (VIEWERS, 1))
        self.assertEqual(figures["refusals"], 0)
        from_peers = [self.figure(viewer, "bytes_from_peers") for viewer in viewers]
        self.assertEqual([self.figure(viewer, "misbehaviours") for viewer in viewers],
                         [0] * VIEWERS)
        self.finish(viewers)
        self.assert_intact(viewers, segments=20)
        self.assert_no_stall(viewers)
        # The floor is one copy for all; plain CDN would be 1.
        self.assertLess(self.cdn_share(cdn, viewers), 1.6 / VIEWERS)
        self.assertTrue(all(count > 5 * SEGMENT for count in from_peers), from_peers)
        requests = cdn.traffic().segment_requests
        received = sum(viewer.events.received for viewer in viewers)
        self.assertLess(requests / received, 1.5)
        self.assert_says_goodbye(viewers, tracker)

    def assert_says_goodbye(self, viewers, tracker):
        for viewer in viewers:
            self.assertLess(viewer.client.stop(), 3.0)
            self.assertEqual(viewer.client.exit_status, 0)
        wait_until(lambda: tracker.figures()["members"] == 0, 2, "all members to have left")
        self.assertEqual(tracker.figures()["leaves"], VIEWERS)
        self.assertLess(tracker.process.stop(), 3.0)
        self.assertEqual(tracker.process.exit_status, 0)

    def test_hands_off_at_the_players_request_to_the_letter(self):
        cdn, _, viewers = self.swarm(12, "--handoff=request")
        requested = sum(stream["handoffs"]["request"] for viewer in viewers
                        for stream in self.status_of(viewer)["streams"])
        self.finish(viewers)
        self.assert_intact(viewers, segments=10)
        self.assert_no_stall(viewers)
        self.assertGreater(requested, 0)

    def test_never_uploads_more_than_its_owner_allows(self):
        cdn = self.live_cdn(size=SEGMENT, duration=1.0)
        tracker = self.tracker()
        options = (("--max-upload", "0"), ("--max-upload", "800kbit"), ())
        viewers = [self.play(self.viewer(cdn.origin, tracker, *option), cdn)
                   for option in options]
        begin = time.monotonic()
        self.watch(viewers, 15)
        uploads = [self.status_of(viewer)["links"]["data_bytes_sent"] for viewer in viewers]
        seconds = time.monotonic() - begin
        self.finish(viewers)
        self.assert_intact(viewers, segments=12)
        self.assertEqual(uploads[0], 0)
        self.assertLess(uploads[1], 100_000 * (seconds + 2))
        self.assertGreater(uploads[2], 5 * SEGMENT)

    def test_keeps_swarms_apart(self):
        """Two streams at one origin: nothing of one reaches a viewer of the other."""
        cdn = self.live_cdn(size=100_000)
        os.symlink(os.path.join(cdn.root, "live"), os.path.join(cdn.root, "other"))
        tracker = self.tracker()
        viewers = [self.play(self.viewer(cdn.origin, tracker), cdn) for _ in range(2)]
        stranger = self.viewer(cdn.origin, tracker)
        self.play(stranger, path="/other/stream.m3u8")
        self.watch([*viewers, stranger], 8)
        self.assertEqual(tracker.figures()["swarms"], 2)
        self.assertEqual(self.figure(stranger, "bytes_from_peers"), 0)
        self.assertGreater(sum(self.figure(v, "bytes_from_peers") for v in viewers), 0)
        self.finish([*viewers, stranger])
        self.assert_intact(viewers, segments=6)
        self.assertEqual(stranger.events.lost, 0)

    def test_agrees_with_the_specification_on_the_swarms_name(self):
        cdn = self.live_cdn(size=50_000)
        viewer = self.play(self.viewer(cdn.origin, self.tracker()), cdn)
        self.wait_for_segments(viewer, 1)
        self.assertEqual([stream["swarm"] for stream in self.status_of(viewer)["streams"]],
                         [harness.swarm_id(cdn.authority, harness.PLAYLIST)])

    def test_a_client_is_the_same_peer_after_a_restart(self):
        cdn = self.live_cdn(size=50_000)
        viewer = self.viewer(cdn.origin, None)
        before = self.status_of(viewer)["peer_id"]
        viewer.client.stop()
        again = Viewer(viewer.name, viewer.folder)
        again.start_client(harness.CLIENT, cdn.origin, f"127.0.0.1:{harness.closed_port()}")
        self.track(lambda: again.client)
        self.assertEqual(self.status_of(again)["peer_id"], before)
        self.assertEqual(oct(self.key_file_mode(again)), oct(0o600))

    def key_file_mode(self, viewer):
        state = os.path.join(viewer.folder, "state")
        keys = [name for name in os.listdir(state) if name.endswith(".pem")]
        self.assertEqual(len(keys), 1)
        return os.stat(os.path.join(state, keys[0])).st_mode & 0o777


if __name__ == "__main__":
    harness.main()
