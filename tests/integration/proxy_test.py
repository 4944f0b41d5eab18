"""The client as a reverse proxy of the origin: every path answers what the origin's would."""

import gzip
import http.client
import http.cookiejar
import os
import random
import socket
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import fault_origin as faults
import harness
from demo.hls import Playlist

DATA = random.Random(1).randbytes(200_000)
VOD_HEAD = "#EXTM3U\n#EXT-X-VERSION:8\n#EXT-X-TARGETDURATION:2\n"


class ProxyTest(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.origin = faults.FaultOrigin({
            "/page.html": b"<html>hello</html>", "/v/a.ts": DATA, "/v/b.ts": DATA[::-1],
            "/v/key.bin": bytes(range(16)), "/v/init.mp4": DATA[:700]}).start()
        self.defer(self.origin.stop)
        self._client = None

    @property
    def client(self):
        if self._client is None:
            self._client = self.viewer(self.origin.origin)
        return self._client

    def ask(self, method, path, headers=None, port=None):
        """(status, headers, body) of one request, sent byte for byte as given."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.client.port, timeout=15)
        try:
            connection.putrequest(method, path, skip_host="Host" in (headers or {}),
                                  skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def raw(self, text):
        """What comes back for these very bytes, until the connection closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.client.port), 5) as player:
            player.sendall(text)
            player.settimeout(3)
            answer = b""
            try:
                while more := player.recv(65536):
                    answer += more
            except OSError:
                pass
            return answer

    def playlist(self, text, path="/v/p.m3u8"):
        """Puts `text` at the origin and returns what the client makes of it."""
        self.origin.files[path] = text.encode()
        status, _, body = self.ask("GET", path)
        self.assertEqual(status, 200)
        return body.decode()

    # ---- pass-through ----

    def test_passes_on_what_is_no_segment(self):
        self.origin.headers["/page.html"] = {"X-Own": "yes", "Last-Modified":
                                             "Mon, 01 Jan 2024 00:00:00 GMT"}
        status, headers, body = self.ask("GET", "/page.html?q=1")
        self.assertEqual((status, body), (200, b"<html>hello</html>"))
        self.assertEqual(headers["X-Own"], "yes")
        self.assertEqual(headers["ETag"], faults.etag(body))
        self.assertEqual(self.origin.requests[-1].path, "/page.html?q=1")

    def test_head_has_the_head_alone(self):
        for path in ("/page.html", "/v/a.ts"):
            status, headers, body = self.ask("HEAD", path)
            self.assertEqual((status, body), (200, b""))
            self.assertEqual(int(headers["Content-Length"]), len(self.origin.files[path]))

    def test_options_allow_players_of_other_sites(self):
        status, headers, _ = self.ask("OPTIONS", "/v/a.ts", {
            "Origin": "https://player.example", "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "range"})
        self.assertIn(status, (200, 204))
        self.assertIn(headers["Access-Control-Allow-Origin"], ("*", "https://player.example"))
        self.assertIn("GET", headers["Access-Control-Allow-Methods"])
        self.assertIn("range", headers["Access-Control-Allow-Headers"].lower())

    def test_other_methods_are_refused(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE"):
            with self.subTest(method):
                status, headers, _ = self.ask(method, "/page.html", {"Content-Length": "0"})
                self.assertEqual(status, 405)
                self.assertIn("GET", headers["Allow"])

    def test_upstream_errors_come_as_they_are(self):
        for status in (403, 404, 410, 451, 500, 503):
            self.origin.fault(rf"/error/{status}",
                              faults.answer_status(status, f"no: {status}", X_Why="because"))
            got, headers, body = self.ask("GET", f"/error/{status}")
            self.assertEqual((got, headers["X-Why"], body),
                             (status, "because", f"no: {status}".encode()))

    def test_an_origin_that_is_not_there_is_a_bad_gateway(self):
        viewer = self.viewer(f"http://127.0.0.1:{harness.closed_port()}")
        for path in ("/page.html", "/live/stream.m3u8"):
            status, _, _ = self.ask("GET", path, port=viewer.port)
            self.assertIn(status, (502, 504))

    def test_keeps_connections_alive(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.client.port, timeout=10)
        connection.connect()
        local = connection.sock.getsockname()
        for path in ("/page.html", "/v/a.ts", "/none", "/-/status"):
            connection.request("GET", path)
            connection.getresponse().read()
            self.assertIsNotNone(connection.sock, f"closed after {path}")
            self.assertEqual(connection.sock.getsockname(), local)
        connection.close()

    # ---- ranges ----

    def test_ranges_of_segments_and_of_anything_else(self):
        self.playlist(VOD_HEAD + "#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n#EXT-X-ENDLIST\n")
        self.origin.files["/file.bin"] = DATA
        for path in ("/v/a.ts", "/file.bin"):
            for text, begin, end in (("0-0", 0, 1), ("100-299", 100, 300),
                                     ("61439-61441", 61439, 61442), ("199990-", 199990, 200000),
                                     ("-5", 199995, 200000), ("199000-999999", 199000, 200000)):
                with self.subTest(f"{path} {text}"):
                    status, headers, body = self.ask("GET", path, {"Range": f"bytes={text}"})
                    self.assertEqual(status, 206)
                    self.assertEqual(headers["Content-Range"], f"bytes {begin}-{end - 1}/200000")
                    self.assertTrue(body == DATA[begin:end])
            status, headers, _ = self.ask("GET", path, {"Range": "bytes=200000-"})
            self.assertEqual((status, headers["Content-Range"]), (416, "bytes */200000"))
            status, _, body = self.ask("GET", path, {"Range": "furlongs=1-2"})
            self.assertEqual((status, len(body)), (200, len(DATA)))

    # ---- playlists ----

    def test_a_playlist_with_relative_uris_stays_byte_for_byte(self):
        text = (VOD_HEAD + "#EXT-X-SOMETHING-NEW:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"key.bin\"\n"
                "#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-DISCONTINUITY\n#EXTINF:2,  a title\na.ts?t=1\n"
                "# a comment\n#EXTINF:2,\nb.ts\n#EXT-X-ENDLIST\n")
        self.assertEqual(self.playlist(text), text)

    def test_absolute_uris_of_the_origin_lead_through_the_client(self):
        origin = self.origin.origin
        text = self.playlist(
            VOD_HEAD + f"#EXT-X-KEY:METHOD=AES-128,URI=\"{origin}/v/key.bin\"\n"
            f"#EXT-X-MAP:URI=\"{origin}/v/init.mp4\"\n#EXTINF:2,\n{origin}/v/a.ts?token=1\n"
            f"#EXTINF:2,\n//{self.origin.authority}/v/b.ts\n#EXT-X-ENDLIST\n")
        self.assertNotIn(self.origin.authority, text)
        base = f"http://127.0.0.1:{self.client.port}/v/p.m3u8"
        segments = Playlist(text, base).segments
        for segment, data in zip(segments, (DATA, DATA[::-1])):
            path = segment.url.removeprefix(f"http://127.0.0.1:{self.client.port}")
            status, _, body = self.ask("GET", path)
            self.assertTrue((status, body) == (200, data), path)
        self.assertEqual(self.origin.requested(r"/v/a\.ts.*")[-1].path, "/v/a.ts?token=1")
        init = segments[0].init_url.removeprefix(f"http://127.0.0.1:{self.client.port}")
        self.assertEqual(self.ask("GET", init)[2], DATA[:700])

    def test_absolute_uris_of_other_hosts_lead_through_the_client_too(self):
        other = faults.FaultOrigin({"/x/c.ts": DATA[:5000]}).start()
        self.defer(other.stop)
        text = self.playlist(VOD_HEAD + f"#EXTINF:2,\n{other.origin}/x/c.ts\n#EXT-X-ENDLIST\n")
        target = text.splitlines()[-2]
        self.assertRegex(target, r"/-/o/\d+/x/c\.ts$")
        status, _, body = self.ask("GET", target[target.index("/-/"):])
        self.assertEqual((status, body), (200, DATA[:5000]))

    def test_hosts_that_no_playlist_named_cannot_be_reached(self):
        secret = faults.FaultOrigin({"/secret": b"secret"}).start()
        self.defer(secret.stop)
        for path in ("/-/o/0/secret", "/-/o/1/secret", "/-/o/99/secret", "/-/o/-1/secret",
                     f"/-/o/{secret.authority}/secret", "/-/o/", "/-/other"):
            status, _, body = self.ask("GET", path)
            self.assertIn(status, (400, 403, 404), path)
            self.assertNotIn(b"secret", body)
        answer = self.raw(f"GET {secret.origin}/secret HTTP/1.1\r\nHost: {secret.authority}\r\n"
                          "Connection: close\r\n\r\n".encode())
        self.assertNotIn(b"\r\n\r\nsecret", answer)
        self.assertEqual(secret.requests, [])

    def test_defined_variables(self):
        text = self.playlist(
            VOD_HEAD + '#EXT-X-DEFINE:NAME="dir",VALUE="/v"\n'
            f'#EXT-X-DEFINE:NAME="host",VALUE="{self.origin.origin}"\n'
            "#EXTINF:2,\n{$host}{$dir}/a.ts\n#EXTINF:2,\n{$dir}/b.ts\n#EXT-X-ENDLIST\n")
        base = f"http://127.0.0.1:{self.client.port}"
        for segment, data in zip(Playlist(text, base + "/v/p.m3u8").segments, (DATA, DATA[::-1])):
            self.assertTrue(segment.url.startswith(base), segment.url)
            self.assertTrue(self.ask("GET", segment.url.removeprefix(base))[2] == data)

    def test_byte_ranges_of_one_file(self):
        text = self.playlist(
            VOD_HEAD + "#EXTINF:2,\n#EXT-X-BYTERANGE:70000@1000\na.ts\n"
            "#EXTINF:2,\n#EXT-X-BYTERANGE:50000\na.ts\n#EXT-X-ENDLIST\n")
        for segment, (begin, end) in zip(Playlist(text, "http://h/v/p.m3u8").segments,
                                         ((1000, 71000), (71000, 121000))):
            self.assertEqual(segment.byte_range, (begin, end - begin))
            status, headers, body = self.ask("GET", "/v/a.ts",
                                             {"Range": f"bytes={begin}-{end - 1}"})
            self.assertEqual((status, headers["Content-Range"]),
                             (206, f"bytes {begin}-{end - 1}/200000"))
            self.assertTrue(body == DATA[begin:end])
        # A range that is no listed segment, and the whole file, are the origin's to answer.
        self.assertTrue(self.ask("GET", "/v/a.ts", {"Range": "bytes=5-99"})[2] == DATA[5:100])
        self.assertTrue(self.ask("GET", "/v/a.ts")[2] == DATA)

    def test_a_multivariant_playlist_and_its_renditions(self):
        self.origin.files["/m/hi.m3u8"] = (
            VOD_HEAD + "#EXTINF:2,\n/v/a.ts\n#EXT-X-ENDLIST\n").encode()
        text = self.playlist(
            "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"n\",URI=\"audio.m3u8\"\n"
            f"#EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO=\"a\"\n{self.origin.origin}/m/hi.m3u8\n"
            "#EXT-X-STREAM-INF:BANDWIDTH=1000000\nlo.m3u8\n", "/m/master.m3u8")
        self.assertNotIn(self.origin.authority, text)
        url = Playlist(text, "http://h/m/master.m3u8").variants[0][1]
        self.assertEqual(self.ask("GET", url.removeprefix("http://h"))[0], 200)
        self.assertTrue(self.ask("GET", "/v/a.ts")[2] == DATA)

    def test_gzip_from_the_origin(self):
        text = VOD_HEAD + "#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n"
        self.origin.files["/v/z.m3u8"] = text.encode()
        self.origin.fault(r"/v/z\.m3u8", faults.gzipped)
        for accepted in ("gzip", ""):
            _, headers, body = self.ask("GET", "/v/z.m3u8",
                                        {"Accept-Encoding": accepted} if accepted else {})
            if headers["Content-Encoding"] == "gzip":
                self.assertEqual(accepted, "gzip")
                body = gzip.decompress(body)
            self.assertEqual(body.decode(), text)
        self.assertTrue(self.ask("GET", "/v/a.ts")[2] == DATA)

    def test_a_playlist_that_is_redirected(self):
        self.origin.files["/deep/er/p.m3u8"] = (
            VOD_HEAD + "#EXTINF:2,\nseg.ts\n#EXT-X-ENDLIST\n").encode()
        self.origin.files["/deep/er/seg.ts"] = DATA
        self.origin.fault(r"/short\.m3u8", faults.redirect_to("/deep/er/p.m3u8"))
        status, _, body = self.ask("GET", "/short.m3u8")
        self.assertEqual(status, 200)
        url = Playlist(body.decode(), "http://h/short.m3u8").segments[0].url
        self.assertTrue(self.ask("GET", url.removeprefix("http://h"))[2] == DATA)

    def test_tokens_and_credentials_reach_the_origin(self):
        self.origin.files["/v/p.m3u8"] = (VOD_HEAD + "#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n").encode()
        own = {"Cookie": "session=7", "Authorization": "Bearer xyz", "User-Agent": "TestPlayer/2",
               "Referer": "https://site.example/"}
        self.ask("GET", "/v/p.m3u8?token=abc", own)
        self.ask("GET", "/v/a.ts", own)
        for request in self.origin.requested(r"/v/(p\.m3u8|a\.ts).*"):
            for name, value in own.items():
                self.assertEqual(request.headers.get(name), value, request.path)
        self.assertEqual(self.origin.requested(r"/v/p\.m3u8.*")[0].path, "/v/p.m3u8?token=abc")

    def test_cookies_of_the_origins_domain_come_back_from_the_player(self):
        self.origin.headers["/page.html"] = {
            "Set-Cookie": "session=7; Domain=cdn.example; Path=/; Secure; SameSite=None; HttpOnly"}
        url = f"http://127.0.0.1:{self.client.port}/page.html"
        jar = http.cookiejar.CookieJar()
        player = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        with player.open(url, timeout=10) as answer:
            self.assertEqual(answer.headers["Set-Cookie"], "session=7; Path=/; HttpOnly")
        self.assertEqual([cookie.name for cookie in jar], ["session"])
        player.open(url, timeout=10).close()
        self.assertEqual(self.origin.requests[-1].headers.get("Cookie"), "session=7")

    # ---- what must not get through ----

    def test_paths_do_not_escape(self):
        for path in ("/../../etc/passwd", "/v/../../etc/passwd", "/v/%2e%2e/%2e%2e/etc/passwd",
                     "/v/..%2f..%2fetc/passwd", "/v/..\\..\\etc", "/%00", "/v/a%0d%0aX-Evil:1"):
            with self.subTest(path):
                answer = self.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
                                  "Connection: close\r\n\r\n".encode())
                self.assertRegex(answer.split(b"\r\n")[0], rb"HTTP/1\.1 (400|403|404) ")
        for request in self.origin.requests:
            self.assertNotIn("..", request.path)
            self.assertIsNone(request.headers.get("X-Evil"))

    def test_headers_cannot_be_injected(self):
        for text in (b"GET /page.html HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\rX-Evil: 1\r\n",
                     b"GET /page.html HTTP/1.1\r\nHost: localhost\r\nReferer: a\0\rX-Evil: 1\r\n",
                     b"GET /page.html?a=b\rX-Evil:1 HTTP/1.1\r\nHost: localhost\r\n",
                     b"GET /page.html?a=%0d%0aX-Evil:1 HTTP/1.1\r\nHost: localhost\r\n"):
            self.raw(text + b"Connection: close\r\n\r\n")
        for request in self.origin.requests:
            self.assertIsNone(request.headers.get("X-Evil"))
            self.assertNotRegex(request.path + str(request.headers.get("Cookie")), r"[\r\n\0]")

    def test_smuggled_requests_are_not_forwarded(self):
        answer = self.raw(b"GET /page.html HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n"
                          b"Host: localhost\r\nConnection: close\r\n\r\n")
        self.assertNotIn(b"HTTP/1.1 500", answer)
        self.assertEqual(self.origin.requested(r"/smuggled"), [])

    def test_nonsense_gets_an_error_and_does_no_harm(self):
        for text in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
                     b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", bytes(range(256)) * 10,
                     b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
                     b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"z" * 200_000 + b"\r\n\r\n"):
            answer = self.raw(text)
            self.assertFalse(answer.startswith(b"HTTP/1.1 200"), text[:40])
        self.assertEqual(self.ask("GET", "/page.html")[0], 200)

    def test_many_idle_connections_do_not_keep_others_out_for_long(self):
        idle = []
        self.addCleanup(lambda: [connection.close() for connection in idle])
        for _ in range(400):
            try:
                idle.append(socket.create_connection(("127.0.0.1", self.client.port), 1))
            except OSError:
                break
        for connection in idle:
            connection.close()
        self.assertEqual(self.ask("GET", "/page.html")[0], 200)

    # ---- the client's own pages ----

    def test_status_and_metrics(self):
        self.playlist(VOD_HEAD + "#EXTINF:2,\na.ts\n#EXT-X-ENDLIST\n")
        self.ask("GET", "/v/a.ts")
        status = self.status_of(self.client)
        stream = status["streams"][0]
        self.assertEqual(stream["bytes_to_players"], len(DATA))
        for key in ("bytes_from_cdn", "bytes_from_peers", "pieces_from_cdn", "handoffs",
                    "cdn_requests", "links", "startup_s", "stalls"):
            self.assertIn(key, stream)
        code, headers, body = self.ask("GET", "/-/metrics")
        self.assertEqual(code, 200)
        self.assertIn("text/plain", headers["Content-Type"])
        self.assertRegex(body.decode(), r"(?m)^shoal_\w+(\{[^}]*\})? \d")

    def test_own_pages_are_for_this_machine_alone(self):
        for path in ("/-/status", "/-/metrics"):
            code, headers, body = self.ask("GET", path, {"Host": "evil.example"})
            self.assertEqual(code, 403)
            self.assertNotIn(b"uptime", body)
            code, headers, _ = self.ask("GET", path, {"Origin": "https://evil.example"})
            self.assertIsNone(headers["Access-Control-Allow-Origin"])

    def test_media_are_for_players_of_any_site(self):
        _, headers, _ = self.ask("GET", "/v/a.ts", {"Origin": "https://player.example"})
        self.assertIn(headers["Access-Control-Allow-Origin"], ("*", "https://player.example"))


if __name__ == "__main__":
    harness.main()
