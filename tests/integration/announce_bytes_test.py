"""What announces cost on the wire beside their messages."""

import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PING = 6
# Of an IPv4 packet with TCP's timestamps.
HEADER_BYTES = 20 + 32
# The bar for a real client, both ways, in each minute after the first.
WIRE_BYTES_PER_MINUTE = 2500


class Relay:
    """A TCP relay in front of a tracker. `address` is what clients are given; `sent` is what passed
    so far, as (time, to the tracker?, bytes); `clients` the sockets of the clients."""

    def __init__(self, port):
        self._port = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.sent = []
        self.clients = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._server.close()

    def _accept(self):
        try:
            while True:
                client = self._server.accept()[0]
                self.clients.append(client)
                tracker = socket.create_connection(("127.0.0.1", self._port))
                for source, to, up in ((client, tracker, True), (tracker, client, False)):
                    threading.Thread(target=self._pass, args=(source, to, up), daemon=True).start()
        except OSError:
            pass

    def _pass(self, source, to, up):
        try:
            while data := source.recv(65536):
                self.sent.append((time.monotonic(), up, data))
                to.sendall(data)
        except OSError:
            pass
        to.close()


def frame_types(data):
    """Of the HTTP/2 frames in a stream of bytes that begins with one."""
    types = []
    data = data.removeprefix(PREFACE)
    while len(data) >= 9:
        types.append(data[3])
        data = data[9 + int.from_bytes(data[:3], "big"):]
    return types


def wire_bytes(connection):
    """What has passed over a TCP connection, both ways, headers and acknowledgements included."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 144)
    acked, received, segments_out, segments_in = struct.unpack_from("=QQII", info, 120)
    return acked + received + HEADER_BYTES * (segments_out + segments_in)


class AnnounceBytesTest(harness.TestCase):
    def test_an_announce_costs_little_more_than_its_messages(self):
        cdn = self.live_cdn(size=50_000)
        relay = Relay(self.tracker().port)
        self.defer(relay.stop)
        viewer = self.play(self.viewer(cdn.origin, relay), cdn)
        began = time.monotonic()
        self.watch([viewer], 5)
        self.assertEqual(len(relay.clients), 1)
        before, since = wire_bytes(relay.clients[0]), time.monotonic()
        self.watch([viewer], 32)
        per_minute = (wire_bytes(relay.clients[0]) - before) / (time.monotonic() - since) * 60
        print(f"{per_minute:.0f} bytes a minute on the wire", file=sys.stderr)
        self.assertGreater(per_minute, 300)
        self.assertLessEqual(per_minute, WIRE_BYTES_PER_MINUTE)
        announces = self.status_of(viewer)["tracker"]["announces"]
        self.assertGreaterEqual(announces, 3)
        for up in (True, False):
            stream = b"".join(data for _, to_tracker, data in relay.sent if to_tracker == up)
            self.assertNotIn(PING, frame_types(stream))
        # The first one sets up the connection.
        later = [data for at, _, data in relay.sent if at - began > 5]
        self.assertLessEqual(sum(map(len, later)) / (announces - 1), 300)


if __name__ == "__main__":
    harness.main()
