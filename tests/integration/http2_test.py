"""https from the CDN: by HTTP/2 where it is offered, else by 1.1, trusting whom --origin-ca says."""

import collections
import http.client
import os
import random
import shutil
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from tls_origin import TlsOrigin

SEGMENTS = 6
SEGMENT_BYTES = 900_000  # 15 pieces
DATA = {f"/v/{i}.ts": random.Random(i).randbytes(SEGMENT_BYTES) for i in range(SEGMENTS)}


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Http2Test(harness.TestCase):
    def tls_origin(self, **options):
        root = self.subfolder("files")
        os.mkdir(os.path.join(root, "v"))
        for path, data in DATA.items():
            with open(root + path, "wb") as file:
                file.write(data)
        with open(os.path.join(root, "v", "p.m3u8"), "w", encoding="ascii") as playlist:
            playlist.write("#EXTM3U\n#EXT-X-TARGETDURATION:2\n" +
                           "".join(f"#EXTINF:2,\n{i}.ts\n" for i in range(SEGMENTS)) +
                           "#EXT-X-ENDLIST\n")
        origin = TlsOrigin(self.subfolder("nginx"), root, **options).start()
        self.defer(origin.stop)
        return origin

    def get(self, viewer, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=15)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def get_everything(self, viewer):
        """The playlist, then all segments, three at a time, as (status, body) by path."""
        self.assertEqual(self.get(viewer, "/v/p.m3u8")[0], 200)
        got = {}
        paths = collections.deque(DATA)

        def play():
            while paths:
                path = paths.popleft()
                got[path] = self.get(viewer, path)
        players = [threading.Thread(target=play) for _ in range(3)]
        for player in players:
            player.start()
        for player in players:
            player.join()
        return got

    def assert_everything(self, got):
        for path, data in DATA.items():
            self.assertEqual(got[path][0], 200, path)
            self.assertTrue(got[path][1] == data, path)

    def test_segments_come_by_http2_over_few_connections(self):
        origin = self.tls_origin()
        viewer = self.viewer(origin.origin, self.tracker(), "--origin-ca", origin.authority)
        self.assert_everything(self.get_everything(viewer))
        # A range of what is no listed segment.
        self.assertTrue(self.get(viewer, "/v/0.ts?again", {"Range": "bytes=5-9"})[1] ==
                        DATA["/v/0.ts"][5:10])
        requests = origin.requests()
        ranges = [r for r in requests if r.uri.endswith(".ts") and r.range not in ("", "-")]
        self.assertTrue(ranges, "no range was asked for")
        self.assertEqual({r.status for r in ranges}, {206})
        self.assertEqual({r.protocol for r in requests}, {"HTTP/2.0"})
        connections = {r.connection for r in requests}
        self.assertLessEqual(len(connections), 2, connections)
        self.assertGreater(len(requests), 2 * len(connections))

    def test_an_origin_without_http2_is_asked_by_1_1(self):
        origin = self.tls_origin(http2=False)
        viewer = self.viewer(origin.origin, None, "--origin-ca", origin.authority)
        self.assert_everything(self.get_everything(viewer))
        self.assertEqual({r.protocol for r in origin.requests()}, {"HTTP/1.1"})

    def test_an_authority_that_is_not_trusted_is_a_bad_gateway(self):
        origin = self.tls_origin()
        viewer = self.viewer(origin.origin)
        self.assertEqual(self.get(viewer, "/v/p.m3u8")[0], 502)
        self.assertEqual(origin.requests(), [])


if __name__ == "__main__":
    harness.main()
