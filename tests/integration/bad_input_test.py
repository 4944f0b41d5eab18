"""Playlists and segments as nobody should make them: a clear error or plain CDN, never a crash."""

import hashlib
import http.client
import os
import random
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fault_origin as faults
import harness
from live_origin import LiveFaultOrigin

HEAD = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
GOOD = HEAD + b"#EXTINF:2,\n/good.ts\n#EXT-X-ENDLIST\n"


class BadInputTest(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.origin = faults.FaultOrigin({"/good.m3u8": GOOD, "/good.ts": b"x" * 100_000}).start()
        self.defer(self.origin.stop)
        self.client = self.viewer(self.origin.origin)

    def ask(self, path, timeout=20, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.client.port, timeout=timeout)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            digest, size = hashlib.sha256(), 0
            while block := response.read(1 << 20):
                digest.update(block)
                size += len(block)
            return response.status, size, digest.digest()
        finally:
            connection.close()

    def assert_still_well(self):
        """The client runs, is small, and serves a good stream."""
        self.client.client.require_running()
        self.assertEqual(self.ask("/good.m3u8")[:2], (200, len(GOOD)))
        self.assertEqual(self.ask("/good.ts")[:2], (200, 100_000))
        if not harness.SANITIZED:
            self.assertLess(self.status_of(self.client)["process"]["rss_max_bytes"], 100e6)

    def test_malformed_playlists(self):
        """Either passed on as they are or refused; players are used to both."""
        texts = {
            "no-header": b"#EXTINF:2,\na.ts\n",
            "html": b"<!doctype html><html></html>",
            "empty": b"",
            "header-alone": b"#EXTM3U",
            "bad-duration": HEAD + b"#EXTINF:abc,\na.ts\n",
            "negative-duration": HEAD + b"#EXTINF:-5,\na.ts\n",
            "endless-duration": HEAD + b"#EXTINF:1e400,\na.ts\n",
            "no-uri": HEAD + b"#EXTINF:2,\n#EXT-X-ENDLIST\n",
            "no-target": b"#EXTM3U\n#EXTINF:2,\na.ts\n",
            "zero-target": b"#EXTM3U\n#EXT-X-TARGETDURATION:0\n#EXTINF:2,\na.ts\n",
            "huge-sequence": HEAD + b"#EXT-X-MEDIA-SEQUENCE:99999999999999999999999\n"
                             b"#EXTINF:2,\na.ts\n",
            "last-sequence": HEAD + b"#EXT-X-MEDIA-SEQUENCE:18446744073709551615\n"
                             b"#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n",
            "bad-range": HEAD + b"#EXTINF:2,\n#EXT-X-BYTERANGE:5@-7\na.ts\n",
            "huge-range": HEAD + b"#EXTINF:2,\n#EXT-X-BYTERANGE:18446744073709551615"
                          b"@18446744073709551615\na.ts\n",
            "bad-uri": HEAD + b"#EXTINF:2,\nhttp://[::1/a.ts\n",
            "other-scheme": HEAD + b"#EXTINF:2,\nfile:///etc/passwd\n",
            "undefined-variable": HEAD + b"#EXTINF:2,\n{$nothing}/a.ts\n",
            "circular-variable": HEAD + b'#EXT-X-DEFINE:NAME="a",VALUE="{$a}{$a}"\n'
                                 b"#EXTINF:2,\n{$a}\n",
            "unclosed-quote": HEAD + b'#EXT-X-KEY:METHOD=AES-128,URI="key\n#EXTINF:2,\na.ts\n',
            "not-utf-8": HEAD + b"#EXTINF:2,\xff\xfe\n\xc3\x28.ts\n",
            "utf-16": ("#EXTM3U\n#EXTINF:2,\na.ts\n").encode("utf-16"),
            "bom": b"\xef\xbb\xbf" + GOOD,
            "nul-bytes": HEAD + b"#EXTINF:2,\na\0b.ts\n",
            "both-kinds": HEAD + b"#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n#EXTINF:2,\na.ts\n",
        }
        for name, text in texts.items():
            with self.subTest(name):
                path = f"/{name}.m3u8"
                self.origin.files[path] = text
                status, size, digest = self.ask(path)
                self.assertIn(status, (200, 502))
                if status == 200 and name not in ("undefined-variable", "circular-variable"):
                    self.assertEqual(digest, hashlib.sha256(text).digest())
                self.client.client.require_running()
        self.assert_still_well()

    def test_huge_playlists(self):
        lines = b"".join(b"#EXTINF:2,\nsegment-%09d.ts\n" % i for i in range(400_000))
        for name, text in (("many-segments", HEAD + lines),
                           ("long-line", HEAD + b"#" + b"x" * 9_000_000),
                           ("long-uri", HEAD + b"#EXTINF:2,\n" + b"u" * 5_000_000 + b".ts\n")):
            with self.subTest(name):
                self.origin.files[f"/{name}.m3u8"] = text
                status, _, digest = self.ask(f"/{name}.m3u8")
                self.assertIn(status, (200, 502))
                if status == 200:
                    self.assertEqual(digest, hashlib.sha256(text).digest())
        self.assert_still_well()

    def test_endless_playlists(self):
        self.origin.fault(r"/endless\.m3u8", faults.endless(b"#EXTINF:2,\nsegment.ts\n"))
        self.origin.fault(r"/endless-line\.m3u8", faults.endless(b"x" * 1000))
        for path in ("/endless.m3u8", "/endless-line.m3u8"):
            begin = time.monotonic()
            try:
                status, size, _ = self.ask(path)
                # Refused, or passed through like any other body, but never kept.
                self.assertTrue(status == 502 or size > 0)
            except (http.client.HTTPException, OSError):
                pass  # broken off: the only way to refuse what has begun
            self.assertLess(time.monotonic() - begin, 60)
        self.assert_still_well()

    def test_a_playlist_that_becomes_nonsense(self):
        origin = LiveFaultOrigin(self.subfolder("live"), size=50_000).start()
        self.defer(origin.stop)
        viewer = self.play(self.viewer(origin.origin), origin)
        self.wait_for_segments(viewer, 4)
        origin.fault(r"/live/stream\.m3u8", faults.answer_status(200, "<html>maintenance</html>"),
                     times=2)
        before = viewer.events.received
        self.wait_for_segments(viewer, before + 5)
        self.finish([viewer])
        self.assert_intact([viewer], segments=8)

    def test_segments_of_no_byte_and_of_one(self):
        sizes = {8: 0, 9: 1, 11: 61_440, 12: 61_441}
        origin = LiveFaultOrigin(self.subfolder("live"),
                                 size=lambda sequence: sizes.get(sequence, 100_000)).start()
        self.defer(origin.stop)
        tracker = self.tracker()
        viewers = [self.play(self.viewer(origin.origin, tracker), origin) for _ in range(2)]
        self.watch(viewers, 9)
        self.finish(viewers)
        self.assert_intact(viewers, segments=9)
        self.assert_no_stall(viewers)

    def test_a_segment_of_200_megabytes(self):
        block = random.Random(1).randbytes(1 << 20)
        data = block * 200
        self.origin.files["/big.ts"] = data
        self.origin.files["/big.m3u8"] = HEAD + b"#EXTINF:2,\nbig.ts\n#EXT-X-ENDLIST\n"
        self.assertEqual(self.ask("/big.m3u8")[0], 200)
        status, size, digest = self.ask("/big.ts", timeout=60)
        self.assertEqual((status, size, digest), (200, len(data), hashlib.sha256(data).digest()))
        self.assert_still_well()

    def test_a_player_that_reads_slowly_does_not_fill_the_memory(self):
        self.origin.files["/big.ts"] = bytes(150 << 20)
        self.origin.files["/big.m3u8"] = HEAD + b"#EXTINF:2,\nbig.ts\n#EXT-X-ENDLIST\n"
        self.ask("/big.m3u8")
        with socket.create_connection(("127.0.0.1", self.client.port), 5) as player:
            player.sendall(b"GET /big.ts HTTP/1.1\r\nHost: localhost\r\n\r\n")
            player.recv(1000)
            time.sleep(4)
        self.assert_still_well()

    def test_a_sequence_that_runs_backwards(self):
        origin = LiveFaultOrigin(self.subfolder("live"), size=100_000)
        origin.first_number = 5000
        origin.start()
        self.defer(origin.stop)
        tracker = self.tracker()
        viewers = [self.play(self.viewer(origin.origin, tracker), origin) for _ in range(2)]
        for viewer in viewers:
            self.wait_for_segments(viewer, 5)
        origin.first_number = 0  # the encoder was restarted: other numbers, other files
        before = [viewer.events.received for viewer in viewers]
        self.watch(viewers, 8)
        self.finish(viewers)
        for viewer, count in zip(viewers, before):
            self.assertEqual(viewer.events.corrupt, 0)
            self.assertGreaterEqual(viewer.events.received, count + 5)

    def test_a_segment_that_changes_under_its_name(self):
        """Other bytes under the same URL, as after a restart of the encoder: never a mixture."""
        origin = LiveFaultOrigin(self.subfolder("live"), size=200_000).start()
        self.defer(origin.stop)
        client = self.viewer(origin.origin)
        self.client = client
        player = self.play(client, origin)
        self.wait_for_segments(player, 5)
        self.finish([player])
        path = origin.path(origin.next - 2)
        old = origin.files[path]
        new = random.Random(7).randbytes(len(old))
        origin.files[path] = new
        _, _, digest = self.ask(path)
        self.assertIn(digest, (hashlib.sha256(old).digest(), hashlib.sha256(new).digest()))

    def test_redirects_to_other_schemes_are_not_followed(self):
        self.origin.fault(r"/elsewhere\.ts", faults.redirect_to("file:///etc/passwd"))
        self.origin.fault(r"/gopher\.ts", faults.redirect_to("gopher://127.0.0.1:70/x"))
        for path in ("/elsewhere.ts", "/gopher.ts"):
            status, _, _ = self.ask(path)
            self.assertIn(status, (302, 502), path)
        self.assert_still_well()


if __name__ == "__main__":
    harness.main()
