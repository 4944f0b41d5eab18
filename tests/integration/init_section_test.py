"""Init sections (EXT-X-MAP) of a real fMP4 stream: one request of the CDN for all players."""

import http.client
import os
import re
import shutil
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo.cdn import Cdn

FFMPEG = shutil.which("ffmpeg")
RENDITIONS = {"hi": "320x180", "lo": "160x90"}


def encode(folder, size):
    """A film of six seconds as fMP4 segments of one second, with one init section."""
    os.makedirs(folder)
    subprocess.run(
        [FFMPEG, "-v", "error", "-f", "lavfi", "-i", f"testsrc=size={size}:rate=10:duration=6",
         "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-hls_time", "1",
         "-hls_segment_type", "fmp4", "-hls_playlist_type", "vod",
         "-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename",
         os.path.join(folder, "%d.m4s"), os.path.join(folder, "stream.m3u8")],
        check=True, timeout=60)


@unittest.skipUnless(FFMPEG, "ffmpeg is not installed")
class InitSectionTest(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.root = os.path.join(self.subfolder("files"), "root")
        for name, size in RENDITIONS.items():
            encode(os.path.join(self.root, name), size)
        self.cdn = Cdn(self.subfolder("nginx"), self.root)
        self.cdn.start()
        self.defer(self.cdn.stop)
        self.client = self.viewer(self.cdn.origin)

    def file(self, path):
        with open(self.root + path, "rb") as file:
            return file.read()

    def get(self, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.client.port, timeout=15)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def asked_of_cdn(self, pattern):
        return [uri for _, uri, *_ in self.cdn.requests() if re.fullmatch(pattern, uri)]

    def ffmpeg_plays(self, path):
        """Has ffmpeg decode the whole stream through the client; returns its pictures' hashes."""
        done = subprocess.run(
            [FFMPEG, "-v", "error", "-i", f"http://127.0.0.1:{self.client.port}{path}",
             "-f", "framehash", "-"], check=True, timeout=60, capture_output=True)
        return done.stdout

    def test_several_players_cost_one_request(self):
        straight = subprocess.run(
            [FFMPEG, "-v", "error", "-i", os.path.join(self.root, "hi", "stream.m3u8"),
             "-f", "framehash", "-"], check=True, timeout=60, capture_output=True).stdout
        seen = []
        players = [threading.Thread(target=lambda: seen.append(self.ffmpeg_plays(
            "/hi/stream.m3u8"))) for _ in range(3)]
        for player in players:
            player.start()
        for player in players:
            player.join()
        self.assertEqual(seen, [straight] * 3)
        self.assertEqual(self.asked_of_cdn("/hi/init.mp4"), ["/hi/init.mp4"])
        unshared = self.status_of(self.client)["unshared"]
        self.assertEqual(unshared["loads"], 1)
        self.assertGreaterEqual(unshared["hits"], 2)

    def test_a_player_that_comes_back_to_a_level_costs_no_further_request(self):
        for level in ("hi", "lo", "hi", "lo", "hi"):
            self.assertEqual(self.get(f"/{level}/stream.m3u8")[0], 200)
            status, headers, body = self.get(f"/{level}/init.mp4")
            self.assertEqual((status, body), (200, self.file(f"/{level}/init.mp4")))
            self.assertEqual(headers["Content-Type"], "video/mp4")
        self.assertEqual(sorted(self.asked_of_cdn("/../init.mp4")),
                         ["/hi/init.mp4", "/lo/init.mp4"])

    def test_ranges_and_conditions(self):
        self.get("/hi/stream.m3u8")
        whole = self.file("/hi/init.mp4")
        for text, begin, end in (("0-", 0, len(whole)), ("8-15", 8, 16),
                                 ("-4", len(whole) - 4, len(whole))):
            status, headers, body = self.get("/hi/init.mp4", {"Range": f"bytes={text}"})
            self.assertEqual((status, body), (206, whole[begin:end]))
            self.assertEqual(headers["Content-Range"], f"bytes {begin}-{end - 1}/{len(whole)}")
        self.assertEqual(len(self.asked_of_cdn("/hi/init.mp4")), 1)
        etag = self.get("/hi/init.mp4")[1]["ETag"]
        self.assertEqual(self.get("/hi/init.mp4", {"If-None-Match": etag})[0], 304)


if __name__ == "__main__":
    harness.main()
