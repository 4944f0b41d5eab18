"""What a run is played on: a folder, a network, a stream and its CDN. The same over all runs."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import urllib.parse

from demo import net, publish
from demo.cdn import Cdn
from demo.options import HERE, ROOT
from demo.processes import Failed, Process, stop_all, wait_until

_OWN_PATH = "/live/stream.m3u8"
_CLIP = os.path.join(ROOT, "build", "demo", "clip-2000k-40s")


class Stage:
    """Use as a context manager: however it is left, nothing stays behind.

    `lines` are the viewers' lines (net.Line), each in a network namespace of its own; None: all run
    on the loopback interface. `name` is what the folder's name begins with; `keep` keeps it.

    After make_stream() or take_stream(), `origin` is the CDN as clients reach it, `path` the
    playlist's path there, and `manifest` says what its files are. `cdn` is None when the stream is
    somebody else's. What `processes` names is ended with the stage.
    """

    def __init__(self, build_dir, lines=None, name="shoal-demo", keep=False):
        self.build_dir = build_dir
        self.lines = lines
        self.folder = ""
        self.network = None
        self.origin = ""
        self.path = _OWN_PATH
        self.manifest = ""
        self.cdn = None
        self.playlist_file = None  # of the own stream; its time says when a segment was published
        self.processes = []
        self._name = name
        self._keep = keep
        self._cleanup = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        handlers = {number: signal.signal(number, signal.SIG_IGN)
                    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        stop_all([p for p in reversed(self.processes) if p.running()], timeout=3.0)
        self._cleanup.close()
        for number, handler in handlers.items():
            signal.signal(number, handler)

    def program(self, part, name):
        return os.path.join(self.build_dir, part, name)

    def make_stream(self, vod_segments=None):
        """An own stream: live, or with `vod_segments` one that has ended."""
        print("Making a test stream (2 Mbit/s, segments of 2 s) ...", flush=True)
        publish.encode_clip(_CLIP)
        root = os.path.join(self.folder, "cdn-files")
        publisher = Process(
            "the publisher",
            [sys.executable, os.path.join(HERE, "publish.py"), "--root", root, "--clip", _CLIP,
             "--manifest", self.manifest, *(("--vod", vod_segments) if vod_segments else ())],
            os.path.join(self.folder, "publisher.log"))
        self.processes.append(publisher)
        if vod_segments:
            if not publisher.wait(60.0) or publisher.exit_status != 0:
                raise Failed(f"the publisher failed:\n{publisher.log_tail()}")
        else:
            self.playlist_file = root + _OWN_PATH
            wait_until(lambda: os.path.exists(self.playlist_file), 20.0, "the stream", publisher)
        self._start_cdn(root)

    def take_stream(self, url):
        """Somebody else's stream: a player straight at it records what its segments should be."""
        parts = urllib.parse.urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path + (f"?{parts.query}" if parts.query else "")
        out = os.path.join(self.folder, "witness.jsonl")
        witness = Process(
            "the player straight at the stream",
            [sys.executable, os.path.join(HERE, "player.py"), url, "--record",
             self.manifest, "--max-buffer", "90"], os.path.join(self.folder, "witness.log"),
            stdout=out)
        self.processes.append(witness)
        print(f"Waiting for {url} ...", flush=True)
        wait_until(lambda: os.path.exists(self.manifest), 30.0, f"a first segment of {url}",
                   witness)

    def _prepare(self):
        self.folder = tempfile.mkdtemp(prefix=self._name + "-")
        os.chmod(self.folder, 0o755)  # nginx, when started by root, reads as nobody
        if self._keep:
            self._cleanup.callback(lambda: print(f"logs are in {self.folder}"))
        else:
            self._cleanup.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.manifest = os.path.join(self.folder, "manifest")
        if self.lines:
            self.network = net.Network(self.lines)
            self._cleanup.callback(self.network.destroy)
            self.network.create()

    def _start_cdn(self, root):
        folder = os.path.join(self.folder, "cdn")
        os.mkdir(folder)
        place = self.network.cdn if self.network else None
        self.cdn = Cdn(folder, root, place.address if place else "127.0.0.1",
                       place and place.name)
        self._cleanup.callback(self.cdn.stop)
        self.cdn.start()
        self.origin = self.cdn.origin
