"""A live stream whose CDN is a FaultOrigin: published in real time, from memory."""

import hashlib
import json
import os
import random
import threading
import time

from fault_origin import FaultOrigin


class LiveFaultOrigin(FaultOrigin):
    """/live/stream.m3u8 with segments /live/NNN.ts. `manifest` is a file for players to check by.

    `size` is bytes, or a function of the sequence number. Segments stay for good.
    """

    def __init__(self, folder, size=250_000, duration=1.0, window=8):
        super().__init__()
        self.manifest = os.path.join(folder, "manifest")
        self.duration = duration
        self.window = window
        self.first_number = 0      # added to all sequence numbers of the playlist
        self.next = 0
        self._size = size
        self._begin = time.time() - window * duration
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.files["/live/stream.m3u8"] = self.playlist

    def start(self):
        while self.next < self.window:
            self.publish()
        self._thread.start()
        return super().start()

    def stop(self):
        self._stopped.set()
        self._thread.join()
        super().stop()

    @staticmethod
    def path(sequence):
        return f"/live/{sequence:05d}.ts"

    def publish(self):
        size = self._size(self.next) if callable(self._size) else self._size
        data = random.Random(f"{id(self)}/{self.next}").randbytes(size)
        path = self.path(self.next)
        self.files[path] = data
        with open(self.manifest, "a", encoding="ascii") as manifest:
            manifest.write(json.dumps({"path": path, "sequence": self.next, "bytes": size,
                                       "sha256": hashlib.sha256(data).hexdigest()}) + "\n")
        self.next += 1

    def playlist(self):
        first = max(0, self.next - self.window)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3",
                 f"#EXT-X-TARGETDURATION:{max(1, round(self.duration))}",
                 f"#EXT-X-MEDIA-SEQUENCE:{first + self.first_number}"]
        for sequence in range(first, self.next):
            lines += (f"#EXTINF:{self.duration:.3f},", os.path.basename(self.path(sequence)))
        return ("\n".join(lines) + "\n").encode()

    def _run(self):
        while not self._stopped.wait(
                max(0.0, self._begin + (self.next + 1) * self.duration - time.time())):
            self.publish()
