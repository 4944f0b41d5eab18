"""One viewer of the demo: a Shoal client, a player in front of it, and what both report."""

import http.client
import json
import os
import time

from demo import net
from demo.processes import Process, wait_for_ports

_PLAYER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "player.py")


class ClientStatus:
    """The figures of a client's /-/status that the demo shows."""

    def __init__(self, document=None):
        document = document or {}
        totals = document.get("totals", {})
        self.from_cdn = totals.get("bytes_from_cdn", 0)
        self.from_peers = totals.get("bytes_from_peers", 0)
        self.to_peers = totals.get("bytes_to_peers", 0)
        self.cdn_requests = document.get("cdn", {}).get("requests_for_segments", 0)
        self.links = document.get("links", {}).get("open", 0)


def read_status(port, namespace=None, timeout=2.0):
    """The document of a client's /-/status. Raises OSError, HTTPException or ValueError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    connection.sock = net.connect(namespace, "127.0.0.1", port, timeout)
    try:
        connection.request("GET", "/-/status")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


class PlayerEvents:
    """What a player has written so far (see player.py), summed up."""

    def __init__(self, path):
        self._path = path
        self._offset = 0
        self.segments = {}         # path -> bytes, of those received
        self.received = 0
        self.bytes = 0
        self.lost = 0
        self.corrupt = 0
        self.unchecked = 0
        self.stalls = 0
        self.stall_seconds = 0.0
        self.startup = None
        self.latency = None        # of the latest segment; after the end, the median
        self.buffered_until = None
        self.errors = []
        self.ended = False

    def poll(self):
        """Takes in what is new. Returns the new events."""
        events = []
        with open(self._path, "rb") as out:
            out.seek(self._offset)
            for line in out:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                events.append(json.loads(line))
        for event in events:
            self._take(event)
        return events

    def _take(self, event):
        kind = event["event"]
        if kind == "segment":
            self.segments[event["path"]] = event["bytes"]
            self.received += 1
            self.bytes += event["bytes"]
            self.latency = event["latency"] if event["latency"] is not None else self.latency
            self.buffered_until = time.monotonic() + event["buffer"]
            if self.startup is None:
                self.startup = event["t"]
            if event["stall"] > 0:
                self.stalls += 1
                self.stall_seconds += event["stall"]
        elif kind == "lost":
            self.lost += 1
        elif kind == "corrupt":
            self.corrupt += 1
        elif kind == "error":
            self.errors.append(event["what"])
        elif kind == "end":
            self.ended = True
            self.unchecked = event["unchecked"]
            self.stalls, self.stall_seconds = event["stalls"], event["stall_seconds"]
            self.startup, self.latency = event["startup_s"], event["latency_s"]


class Viewer:
    """`place` says where it runs: its folder, its network namespace (or None) and address."""

    def __init__(self, name, folder, namespace=None, address="127.0.0.1"):
        self.name = name
        self.folder = folder
        self.namespace = namespace
        self.address = address
        self.client = None
        self.player = None
        self.port = 0
        self.status = ClientStatus()
        self.events = None
        self.gone = False
        self._begin = self._end = None
        os.makedirs(folder, exist_ok=True)

    def start_client(self, program, origin, tracker, *options):
        """`tracker` is HOST:PORT. Returns once the client listens."""
        ports = os.path.join(self.folder, "ports")
        if os.path.exists(ports):
            os.remove(ports)
        self.client = Process(
            f"client of {self.name}",
            [program, "--origin", origin, "--tracker", tracker, "--listen", "127.0.0.1:0",
             "--peer-listen", f"{self.address}:0", "--ports-file", ports,
             "--state-dir", os.path.join(self.folder, "state"), "--log-level", "info", *options],
            os.path.join(self.folder, "client.log"), self.namespace)
        self.port = wait_for_ports(self.client, ports, ("listen",))["listen"]
        self._begin = time.monotonic()

    def start_player(self, url, *options):
        out = os.path.join(self.folder, f"player-{time.monotonic_ns()}.jsonl")
        self.player = Process(
            f"player of {self.name}",
            ["python3", "-S", _PLAYER, url, "--user-agent", f"shoal-demo-player/1 ({self.name})",
             *options],
            os.path.join(self.folder, "player.log"), self.namespace, stdout=out)
        self.events = PlayerEvents(out)

    def url(self, path):
        """Of `path` of the origin, as a player within the viewer's namespace asks for it."""
        return f"http://127.0.0.1:{self.port}{path}"

    def poll(self):
        """Takes in what player and client say. Returns the player's new events."""
        if self.gone:
            return []
        try:
            self.status = ClientStatus(read_status(self.port, self.namespace))
        except (OSError, http.client.HTTPException, ValueError):
            pass  # whoever needs to know that it is gone asks the process
        if self.client:
            self.client.cost()
        return self.events.poll() if self.events else []

    def vanish(self):
        """Client and player end at once and without a word to anybody, for good."""
        self.poll()
        self.ended()
        self.gone = True
        self.client.kill()
        self.player.stop()
        self.events.poll()

    def seconds(self):
        """How long its client has run, or ran."""
        if self._begin is None:
            return 0.0
        return (self._end or time.monotonic()) - self._begin

    def ended(self):
        """Its client is about to be stopped: seconds() stands still from now on."""
        self._end = self._end or time.monotonic()
