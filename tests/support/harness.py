"""Real processes for integration tests: CDN, tracker, clients, players, all on ports of their own.

    class SwarmTest(harness.TestCase):
        def test_something(self):
            cdn = self.live_cdn()
            tracker = self.tracker()
            viewers = [self.viewer(cdn.origin, tracker) for _ in range(3)]
            ...

Whatever a test starts ends with it. When a test fails, the ends of its logs are printed. The
programs are those of $SHOAL_BUILD_DIR.
"""

import contextlib
import hashlib
import os
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "deploy"), os.path.dirname(os.path.abspath(__file__))]

from demo import grpc
from demo.cdn import Cdn
from demo.processes import Process, stop_all, wait_for_ports, wait_until
from demo.publish import NoiseSource, Publisher
from demo.viewer import Viewer, read_status

BUILD_DIR = os.environ.get("SHOAL_BUILD_DIR", os.path.join(ROOT, "build", "dev"))
CLIENT = os.path.join(BUILD_DIR, "client", "shoal-client")
TRACKER = os.path.join(BUILD_DIR, "tracker", "shoal-tracker")
SKIPPED = 77
# Built with a sanitizer: what such a program needs of time and memory says nothing.
SANITIZED = bool(os.environ.get("SHOAL_SANITIZED"))
PLAYLIST = "/live/stream.m3u8"
PIECE_SIZE = 60 * 1024
# What a sanitizer prints when it has found something; its exit status can be lost to a kill.
_SANITIZER_MARKS = ("ERROR: AddressSanitizer", "runtime error:", "ERROR: LeakSanitizer",
                    "WARNING: ThreadSanitizer", "terminate called", "Check failed")


def support_program(name):
    return os.path.join(BUILD_DIR, "tests", "support", name)


class LiveCdn:
    """A stream published in real time by a thread of the test, served by nginx."""

    def __init__(self, folder, source, window, gzip):
        self.root = os.path.join(folder, "files")
        self.manifest = os.path.join(folder, "manifest")
        os.makedirs(os.path.join(folder, "nginx"))
        self.publisher = Publisher(source, self.root, self.manifest, window)
        self._nginx = Cdn(os.path.join(folder, "nginx"), self.root, gzip=gzip)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.publisher.run, args=(self._stopped,),
                                        daemon=True)

    def start(self):
        self._thread.start()
        wait_until(lambda: os.path.exists(self.publisher.playlist), 10, "the playlist")
        self._nginx.start()
        return self

    def stop(self):
        self._stopped.set()
        self._thread.join()
        self._nginx.stop()

    def stop_serving(self):
        self._nginx.stop()

    @property
    def origin(self):
        return self._nginx.origin

    @property
    def authority(self):
        return self.origin.removeprefix("http://")

    def traffic(self):
        return self._nginx.traffic()

    def requests(self):
        return self._nginx.requests()

    def file(self, path):
        with open(self.root + path, "rb") as file:
            return file.read()

    def write(self, path, data):
        """A further file of the origin."""
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())


class Tracker:
    """A shoal-tracker. restart() brings it up again on the same port with the same `options`."""

    def __init__(self, folder, options=()):
        self._folder = folder
        self._options = options
        self._ports = os.path.join(folder, "ports")
        self.port = self.operator_port = 0
        self.process = None
        os.makedirs(folder)

    def start(self, port=0):
        if os.path.exists(self._ports):
            os.remove(self._ports)
        self.process = Process(
            "tracker", [TRACKER, "--listen", f"127.0.0.1:{port}", "--operator-listen",
                        "127.0.0.1:0", "--ports-file", self._ports, *self._options],
            os.path.join(self._folder, "tracker.log"))
        ports = wait_for_ports(self.process, self._ports, ("listen", "operator"))
        self.port, self.operator_port = ports["listen"], ports["operator"]
        return self

    def restart(self):
        self.start(self.port)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def figures(self):
        return grpc.tracker_figures("127.0.0.1", self.operator_port)


class TestCase(unittest.TestCase):
    """Starts things and ends them; see the top of this file."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="shoal-test-")
        os.chmod(self.folder, 0o755)
        self._stack = contextlib.ExitStack()
        self._processes = []
        self._count = 0
        self.addCleanup(self._clear_away)

    def subfolder(self, name):
        self._count += 1
        path = os.path.join(self.folder, f"{self._count}-{name}")
        os.mkdir(path)
        return path

    def defer(self, call, *arguments):
        """`call(*arguments)` when the test is over, in the reverse order of these calls."""
        self._stack.callback(call, *arguments)

    def live_cdn(self, size=250_000, duration=1.0, window=8, gzip=False, source=None):
        """Segments of `size` bytes (or size(sequence)) and `duration` seconds."""
        cdn = LiveCdn(self.subfolder("cdn"), source or NoiseSource(size, duration), window, gzip)
        cdn.start()
        self.defer(cdn.stop)
        return cdn

    def tracker(self, *options):
        tracker = Tracker(os.path.join(self.subfolder("tracker"), "run"), options).start()
        self.track(lambda: tracker.process)
        return tracker

    def track(self, process):
        """`process()` is ended with the test, and must not have crashed by then."""
        self._processes.append(process)

    def viewer(self, origin, tracker=None, *options, name=None):
        """A client, listening. Without a `tracker`: one that is not there."""
        name = name or f"viewer{len(self._processes) + 1}"
        viewer = Viewer(name, self.subfolder(name))
        address = tracker.address if tracker is not None else f"127.0.0.1:{closed_port()}"
        try:
            viewer.start_client(CLIENT, origin, address, *options)
        finally:
            if viewer.client:
                self.track(lambda: viewer.client)
        return viewer

    def play(self, viewer, cdn_or_manifest=None, *options, path=PLAYLIST):
        """A player in front of the viewer's client. `cdn_or_manifest`: what to check against."""
        manifest = getattr(cdn_or_manifest, "manifest", cdn_or_manifest)
        check = ("--manifest", manifest) if manifest else ()
        viewer.start_player(viewer.url(path), *check, *options)
        process = viewer.player
        self.track(lambda: process)
        return viewer

    def play_straight(self, origin, cdn_or_manifest=None, *options, path=PLAYLIST):
        """A player without a client; a Viewer whose `events` are its."""
        viewer = Viewer("straight", self.subfolder("straight"))
        manifest = getattr(cdn_or_manifest, "manifest", cdn_or_manifest)
        check = ("--manifest", manifest) if manifest else ()
        viewer.start_player(origin + path, *check, *options)
        process = viewer.player
        self.track(lambda: process)
        return viewer

    # ---- what tests wait for and claim ----

    def watch(self, viewers, seconds):
        """Lets them play for so long; fails at once if a client or player ends by itself."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for viewer in viewers:
                viewer.events.poll()
                if viewer.client:
                    viewer.client.require_running()
                if not viewer.events.ended:
                    viewer.player.require_running()
            time.sleep(0.1)

    def wait_for_segments(self, viewer, count, timeout=20):
        """Until its player has received `count` segments."""
        def enough():
            viewer.events.poll()
            return viewer.events.received >= count
        wait_until(enough, timeout, f"{count} segments at {viewer.name}", viewer.player)

    def wait_for_end(self, viewer, timeout=30):
        """Until its player has played a stream that ends."""
        def ended():
            viewer.events.poll()
            return viewer.events.ended
        wait_until(ended, timeout, f"the end of what {viewer.name} plays")

    def finish(self, viewers):
        """Stops the players and takes in their last words."""
        stop_all([viewer.player for viewer in viewers])
        for viewer in viewers:
            viewer.events.poll()
            self.assertTrue(viewer.events.ended, f"{viewer.name}'s player reported no end")

    def status_of(self, viewer):
        return read_status(viewer.port)

    def figure(self, viewer, name):
        """One figure of /-/status, summed over the client's streams."""
        return sum(stream[name] for stream in self.status_of(viewer)["streams"])

    def assert_intact(self, viewers, segments=1):
        """Each received at least so many segments, all of them right, none lost."""
        for viewer in viewers:
            events = viewer.events
            self.assertEqual((events.corrupt, events.lost, events.unchecked), (0, 0, 0),
                             f"{viewer.name}: {events.errors}")
            self.assertGreaterEqual(events.received, segments, f"{viewer.name}: {events.errors}")

    def assert_no_stall(self, viewers):
        for viewer in viewers:
            self.assertEqual(viewer.events.stalls, 0,
                             f"{viewer.name} stalled for {viewer.events.stall_seconds:.2f} s")

    def cdn_share(self, cdn, viewers, before=None):
        """Of the bytes that the viewers' players received, since the Traffic `before`."""
        traffic = cdn.traffic() - before if before else cdn.traffic()
        return traffic.segment_bytes / sum(viewer.events.bytes for viewer in viewers)

    # ---- the end ----

    def _clear_away(self):
        processes = [p for p in (process() for process in self._processes) if p]
        crashed = [p for p in processes if not p.running() and not p.expected_to_end
                   and p.exit_status != 0]
        # Trackers last: clients say goodbye to them.
        stop_all([p for p in processes if p.running() and p.name != "tracker"])
        stop_all([p for p in processes if p.running()])
        crashed += [p for p in processes if not p.running() and p not in crashed
                    and p.exit_status not in (0, -15, -9)]
        self._stack.close()
        said = [p for p in processes
                if any(mark in p.log_tail(10_000) for mark in _SANITIZER_MARKS)]
        failed = crashed or said or self._has_failed()
        if failed:
            for process in processes:
                print(f"---- {process.name}, status {process.exit_status}:\n"
                      f"{process.log_tail(40)}{process.stdout_tail(25)}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
        for process in crashed:
            self.fail(f"{process.name} ended with status {process.exit_status}")
        for process in said:
            self.fail(f"{process.name} wrote what no healthy program writes; see its log above")

    def _has_failed(self):
        result = self._outcome.result
        return any(getattr(test, "test_case", test) is self
                   for test, _ in result.failures + result.errors)


def swarm_id(namespace, playlist_path):
    """The swarm of a media playlist, as hexadecimal: see MakeSwarmId in client/hls/stream_ids.h."""
    data = struct.pack("<II", 1, PIECE_SIZE) + namespace.encode() + b"\0" + playlist_path.encode()
    return hashlib.sha256(data).digest()[:16].hex()


def segment_key(path):
    """A whole file's key, as hexadecimal: see MakeSegmentKey in client/hls/stream_ids.h."""
    return hashlib.sha256(path.encode() + b"\0").digest()[:8].hex()


def closed_port():
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(pid):
    """The processes that `pid` has started, and those that they have."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                    parents[int(entry)] = int(stat.read().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                pass
    found = {pid}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def main():
    """Runs the tests of the calling file. Exit status 77 if every one was skipped, with the reasons
    printed: ctest shows that as skipped."""
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun and len(result.skipped) == result.testsRun:
        for test, reason in result.skipped:
            print(f"SKIPPED {test.id()}: {reason}")
        sys.exit(SKIPPED)
