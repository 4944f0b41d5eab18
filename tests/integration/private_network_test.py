"""A stream on the web must not be a way into the owner's network.

In a network namespace of its own, where an origin can have a public address: wants root.
"""

import http.client
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo import net
from demo.viewer import Viewer, read_status
from fault_origin import FaultOrigin, redirect_to

PUBLIC = "9.9.9.9"      # any address that is neither private nor set aside
PRIVATE = "10.20.30.40"
HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"


class PrivateNetworkTest(harness.TestCase):
    def setUp(self):
        super().setUp()
        if why_not := net.available():
            self.skipTest(why_not)
        self.namespace = f"shoal{os.getpid()}-private"
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        self.defer(subprocess.run, ["ip", "netns", "del", self.namespace])
        for command in ("link set lo up", f"addr add {PUBLIC}/32 dev lo",
                        f"addr add {PRIVATE}/32 dev lo"):
            subprocess.run(["ip", "-n", self.namespace, *command.split()], check=True)
        self.secret = self.server(PRIVATE, {"/router": b"secret", "/router.ts": b"secret" * 100})
        self.origin = self.server(PUBLIC, {})
        self.client = Viewer("client", self.subfolder("client"), self.namespace)
        self.client.start_client(harness.CLIENT, self.origin.origin, "127.0.0.1:1")
        self.track(lambda: self.client.client)

    def server(self, address, files):
        with net.entered(self.namespace):
            server = FaultOrigin(files, address)
        server.start()
        self.defer(server.stop)
        return server

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.client.port, timeout=10)
        connection.sock = net.connect(self.namespace, "127.0.0.1", self.client.port)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def assert_unharmed(self):
        self.assertEqual(self.secret.requests, [])
        self.assertIn("uptime_s", read_status(self.client.port, self.namespace))

    def test_a_redirect_into_the_private_network_is_not_followed(self):
        loopback = self.server("127.0.0.1", {"/admin": b"secret"})
        for target in (f"{self.secret.origin}/router", f"{loopback.origin}/admin",
                       f"http://[::ffff:10.20.30.40]:{self.secret.port}/router",
                       f"http://localhost:{loopback.port}/admin"):
            for path in ("/page.html", "/p.m3u8", "/s.ts"):
                self.origin.clear_faults()
                self.origin.fault(".*", redirect_to(target))
                _, body = self.ask(path)
                self.assertNotIn(b"secret", body, f"{path} -> {target}")
        self.assertEqual(loopback.requests, [])
        self.assert_unharmed()

    def test_a_playlist_that_names_private_hosts_opens_no_way_to_them(self):
        self.origin.files["/p.m3u8"] = (
            HEAD + f"#EXTINF:2,\n{self.secret.origin}/router.ts\n"
            f"#EXTINF:2,\n//{PRIVATE}:{self.secret.port}/router.ts\n#EXT-X-ENDLIST\n").encode()
        status, body = self.ask("/p.m3u8")
        self.assertEqual(status, 200)
        for number in range(4):
            status, answer = self.ask(f"/-/o/{number}/router.ts")
            self.assertNotIn(b"secret", answer)
        self.assertNotIn(b"/-/o/", body)
        self.assert_unharmed()

    def test_a_segment_that_redirects_into_the_private_network_is_not_fetched(self):
        self.origin.files["/p.m3u8"] = (
            HEAD + "#EXTINF:2,\ns.ts\n#EXT-X-ENDLIST\n").encode()
        self.origin.fault(r"/s\.ts", redirect_to(f"{self.secret.origin}/router.ts"))
        self.assertEqual(self.ask("/p.m3u8")[0], 200)
        status, body = self.ask("/s.ts")
        self.assertNotEqual(status, 200)
        self.assertNotIn(b"secret", body)
        self.assert_unharmed()


if __name__ == "__main__":
    harness.main()
