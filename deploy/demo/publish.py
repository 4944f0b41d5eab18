"""Publishes a live HLS stream in real time from a clip that was encoded once.

    publish.py --root DIR --clip DIR [--manifest FILE] [--window N] [--vod N]

Writes DIR/live/stream.m3u8 and its segments, each under a new name and with bytes of its own
(see mpegts.py), segment first, playlist second, both by rename, so that nobody ever sees half a
file. Where the clip starts again stands EXT-X-DISCONTINUITY. Every segment has its
EXT-X-PROGRAM-DATE-TIME: the time at which its first picture was "taken", one segment duration
before it is published, so that players can tell how far behind they are.

--vod N writes N segments at once, a playlist that has ended, and is done.

The manifest is one JSON object a line: path, sequence, bytes, sha256. Whoever reads it can check a
delivered segment without asking the CDN.
"""

import argparse
import datetime
import glob
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from demo import mpegts
from demo.processes import Failed

SEGMENT_SECONDS = 2.0
KEPT_SECONDS = 90.0  # segments outlive the playlist, as RFC 8216, 6.2.2 wants


def encode_clip(folder, seconds=40, kbits=2000):
    """A test picture with a clock and a tone, as segments in `folder`, unless it is there."""
    if os.path.isdir(folder):
        return
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    unfinished = tempfile.mkdtemp(prefix="clip-", dir=os.path.dirname(folder))
    video = kbits * 0.945 - 96 * 1.08 - 12  # what transport stream packets and stamps leave
    command = [
        "ffmpeg", "-nostdin", "-loglevel", "error", "-y",
        "-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=25:duration={seconds}",
        "-f", "lavfi", "-i",
        f"sine=frequency=440:beep_factor=4:sample_rate=48000:duration={seconds}",
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p",
        "-b:v", f"{video:.0f}k", "-minrate", f"{video:.0f}k", "-maxrate", f"{video:.0f}k",
        "-bufsize", f"{video:.0f}k", "-x264-params", "nal-hrd=cbr:force-cfr=1",
        "-g", f"{25 * SEGMENT_SECONDS:.0f}", "-keyint_min", f"{25 * SEGMENT_SECONDS:.0f}",
        "-sc_threshold", "0", "-c:a", "aac", "-b:a", "96k",
        "-f", "hls", "-hls_time", f"{SEGMENT_SECONDS:g}", "-hls_list_size", "0",
        "-hls_segment_filename", os.path.join(unfinished, "clip-%03d.ts"),
        os.path.join(unfinished, "clip.m3u8")]
    try:
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"ffmpeg could not encode the clip: {done.stderr.strip()}")
        os.chmod(unfinished, 0o755)
        os.rename(unfinished, folder)
    except OSError:
        if not os.path.isdir(folder):  # otherwise another demo was faster
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


class ClipSource:
    """Segments of an encoded clip, over and over."""

    def __init__(self, folder):
        paths = sorted(glob.glob(os.path.join(folder, "clip-*.ts")))
        if not paths:
            raise Failed(f"no clip in {folder}")
        self._segments = []
        for path in paths:
            with open(path, "rb") as clip:
                self._segments.append(clip.read())
        self.duration = SEGMENT_SECONDS
        self.suffix = ".ts"

    def segment(self, sequence):
        return mpegts.stamp(self._segments[sequence % len(self._segments)], sequence)

    def starts_anew(self, sequence):
        return sequence > 0 and sequence % len(self._segments) == 0


class NoiseSource:
    """Random bytes, for tests: no clip to encode, and any size and duration. Reproducible."""

    def __init__(self, size, duration=SEGMENT_SECONDS, seed=0):
        self.size = size
        self.duration = duration
        self.suffix = ".ts"
        self._seed = seed

    def segment(self, sequence):
        size = self.size(sequence) if callable(self.size) else self.size
        return random.Random(f"{self._seed}/{sequence}").randbytes(size)

    def starts_anew(self, sequence):
        return False


class Publisher:
    """Writes segments and the playlist below `root`/`folder`. `window` is in segments."""

    def __init__(self, source, root, manifest=None, window=8, folder="live"):
        self.source = source
        self.window = window
        self.next_sequence = 0
        self.playlist = os.path.join(root, folder, "stream.m3u8")
        self.kind = None  # EVENT or VOD: what EXT-X-PLAYLIST-TYPE says
        self.ended = False
        self._folder = os.path.join(root, folder)
        self._url_folder = f"/{folder}"
        self._manifest = manifest
        self._discontinuities = 0
        self._begin = time.time() - window * source.duration
        os.makedirs(self._folder, exist_ok=True)

    def name(self, sequence):
        return f"segment-{sequence:06d}{self.source.suffix}"

    def due(self):
        """Wall-clock time at which the next segment is complete."""
        return self._begin + (self.next_sequence + 1) * self.source.duration

    def publish_next(self, with_playlist=True):
        sequence = self.next_sequence
        data = self.source.segment(sequence)
        self._write(os.path.join(self._folder, self.name(sequence)), data)
        if self._manifest:
            line = {"path": f"{self._url_folder}/{self.name(sequence)}", "sequence": sequence,
                    "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            with open(self._manifest, "a", encoding="ascii") as manifest:
                manifest.write(json.dumps(line) + "\n")
        self.next_sequence += 1
        leaving = self.next_sequence - 1 - self.window
        if self.kind is None and leaving >= 0 and self.source.starts_anew(leaving):
            self._discontinuities += 1
        if with_playlist:
            self.write_playlist()
        self._forget(sequence - self.window - int(KEPT_SECONDS / self.source.duration))

    def fill_window(self):
        """What would have been published by now, had the stream begun a window ago."""
        while self.next_sequence < self.window:
            self.publish_next(with_playlist=False)
        self.write_playlist()

    def publish_vod(self, segments):
        """All of a stream that has ended, at once."""
        self.kind, self.ended = "VOD", True
        while self.next_sequence < segments:
            self.publish_next(with_playlist=False)
        self.write_playlist()

    def text(self):
        """The playlist as it stands."""
        first = 0 if self.kind else max(0, self.next_sequence - self.window)
        lines = ["#EXTM3U", "#EXT-X-VERSION:6",
                 f"#EXT-X-TARGETDURATION:{max(1, round(self.source.duration))}",
                 f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        if self.kind:
            lines.append(f"#EXT-X-PLAYLIST-TYPE:{self.kind}")
        elif self._discontinuities:
            lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{self._discontinuities}")
        for sequence in range(first, self.next_sequence):
            if self.source.starts_anew(sequence):
                lines.append("#EXT-X-DISCONTINUITY")
            if self.kind != "VOD":
                taken = datetime.datetime.fromtimestamp(
                    self._begin + sequence * self.source.duration, datetime.timezone.utc)
                lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{taken:%Y-%m-%dT%H:%M:%S}."
                             f"{taken.microsecond // 1000:03d}Z")
            lines += (f"#EXTINF:{self.source.duration:.3f},", self.name(sequence))
        if self.ended:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"

    def write_playlist(self):
        self._write(self.playlist, self.text().encode())

    def run(self, stopped):
        """Publishes in real time until the threading.Event `stopped` is set."""
        self.fill_window()
        while not stopped.wait(max(0.0, self.due() - time.time())):
            self.publish_next()

    def _write(self, path, data):
        with open(path + ".new", "wb") as new:
            new.write(data)
        os.rename(path + ".new", path)

    def _forget(self, sequence):
        if self.kind is None and sequence >= 0:
            try:
                os.remove(os.path.join(self._folder, self.name(sequence)))
            except FileNotFoundError:
                pass


def read_manifest(path):
    """The manifest as {path: line}, without a last line that is still being written."""
    entries = {}
    try:
        with open(path, encoding="ascii") as manifest:
            for line in manifest:
                if line.endswith("\n"):
                    entry = json.loads(line)
                    entries[entry["path"]] = entry
    except FileNotFoundError:
        pass
    return entries


def main():
    parser = argparse.ArgumentParser(description="Publishes an HLS stream from a clip.")
    parser.add_argument("--root", required=True)
    parser.add_argument("--clip", required=True)
    parser.add_argument("--manifest")
    parser.add_argument("--window", type=int, default=8)
    parser.add_argument("--vod", type=int, help="so many segments at once instead of a live stream")
    options = parser.parse_args()
    publisher = Publisher(ClipSource(options.clip), options.root, options.manifest, options.window)
    if options.vod:
        publisher.publish_vod(options.vod)
        return
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    publisher.run(stopped)


if __name__ == "__main__":
    main()
