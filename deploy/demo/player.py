"""A player without a screen that behaves like hls.js, and measures what its viewer would suffer.

    player.py URL [--manifest FILE] [--seconds S] [--pause AT:FOR] [--seek AT:TO] ...

It loads the playlist, starts three target durations behind the live edge (VOD: at the beginning),
and asks for one segment after the other, each as soon as it is listed, while less than
--max-buffer seconds are buffered. It loads the playlist again every target duration, every half
while nothing is new. It plays in real time from the first segment on and stalls when its buffer is
empty. What fails with 5xx, a timeout or a broken connection is tried up to six times more, a second
and more apart; a segment that fails for good (4xx at once), or that has left the playlist before
its turn, is lost.

Each segment's SHA-256 is compared with the manifest (see publish.py), as soon as that has it.

Output, one JSON object a line, `t` being seconds since the first request:
  {"event": "segment", "sequence", "path", "bytes", "seconds", "buffer", "latency", "stall", "ok"}
      latency: how far behind the live its first picture is shown, from EXT-X-PROGRAM-DATE-TIME;
      ok: true as in the manifest, false corrupt, null not in the manifest so far
  {"event": "lost", "sequence", "why"}   {"event": "error", "what"}   {"event": "corrupt", "path"}
  {"event": "end", "segments", "bytes", "lost", "corrupt", "unchecked", "errors", "stalls",
   "stall_seconds", "startup_s", "latency_s"}
"""

import argparse
import hashlib
import http.client
import json
import os
import signal
import statistics
import sys
import threading
import time

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from demo.fetch import BadStatus, Fetcher, Interrupted
from demo.hls import BadPlaylist, Playlist
from demo.playback import Playback
from demo.publish import read_manifest

_NETWORK_ERRORS = (OSError, http.client.HTTPException, BadStatus)
_RETRIES = 6
_RETRY_DELAY_MAX = 8.0
# A playlist this many segments older than the last one is a stream that began anew, not a copy from
# a cache.
_RESTART_SEGMENTS = 3


class Report:
    """Writes the events and sums them up. Threads: any."""

    def __init__(self, manifest, record, out):
        self.begin = time.monotonic()
        self.startup = None
        self.latencies = []
        self.counts = {"segments": 0, "bytes": 0, "lost": 0, "corrupt": 0, "errors": 0}
        self._manifest_path = manifest
        self._manifest = {}
        self._record = record
        self._unchecked = []
        self._out = out
        self._lock = threading.Lock()

    def event(self, event, **values):
        line = {"event": event, "t": round(time.monotonic() - self.begin, 3), **values}
        with self._lock:
            self._out.write(json.dumps(line) + "\n")
            self._out.flush()

    def error(self, what):
        self.counts["errors"] += 1
        self.event("error", what=str(what) or type(what).__name__)

    def lost(self, sequence, why):
        self.counts["lost"] += 1
        self.event("lost", sequence=sequence, why=str(why))

    def check(self, segment, data):
        """True: equal to the CDN's; False: not; None: the manifest does not have it yet."""
        digest = hashlib.sha256(data).hexdigest()
        if self._record:
            with open(self._record, "a", encoding="ascii") as record:
                record.write(json.dumps({"path": segment.key, "sequence": segment.sequence,
                                         "bytes": len(data), "sha256": digest}) + "\n")
            return None
        if not self._manifest_path:
            return None
        self._unchecked.append((segment.key, digest))
        self._check_pending()
        if self._unchecked and self._unchecked[-1][0] == segment.key:
            return None
        return self._manifest[segment.key]["sha256"] == digest

    def end(self, playback):
        self._check_pending()
        latency = statistics.median(self.latencies) if self.latencies else None
        self.event("end", **self.counts, unchecked=len(self._unchecked), stalls=playback.stalls,
                   stall_seconds=round(playback.stall_seconds, 3), startup_s=self.startup,
                   latency_s=latency and round(latency, 3))

    def _check_pending(self):
        if not self._unchecked:
            return
        if any(key not in self._manifest for key, _ in self._unchecked):
            self._manifest = read_manifest(self._manifest_path)
        pending, self._unchecked = self._unchecked, []
        for key, digest in pending:
            if key not in self._manifest:
                self._unchecked.append((key, digest))
            elif self._manifest[key]["sha256"] != digest:
                self.counts["corrupt"] += 1
                self.event("corrupt", path=key)


class Player:
    """Plays `options.url`. run() returns when the stream, or the time for it, is over."""

    def __init__(self, options, report):
        self._options = options
        self._report = report
        self._playback = Playback()
        self._playlists = Fetcher(options.user_agent)
        self._segments = Fetcher(options.user_agent)
        self._url = options.url
        self._playlist = None
        self._next = None        # media sequence number of the next segment to ask for
        self._init_url = None
        self._stopped = False
        self._paused = False
        self._changed = threading.Condition()  # guards all of the above

    def run(self):
        timers = [threading.Timer(at, self._pause, (length,)) for at, length in self._options.pause]
        timers += [threading.Timer(at, self._seek, (to,)) for at, to in self._options.seek]
        if self._options.seconds:
            timers.append(threading.Timer(self._options.seconds, self.stop))
        for timer in timers:
            timer.daemon = True
            timer.start()
        threading.Thread(target=self._follow_playlist, daemon=True).start()
        while (segment := self._next_segment()) is not None:
            self._play(segment)
        with self._changed:
            if not self._paused and not self._all_played():
                stall = self._playback.finish(time.monotonic())
                if stall > 0:
                    self._report.event("stall", seconds=round(stall, 3), ended=False)
        self._report.end(self._playback)

    def stop(self):
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._segments.interrupt()

    def _all_played(self):
        playlist = self._playlist
        return playlist is not None and playlist.ended and self._next >= playlist.next_sequence

    # ---- the playlist ----

    def _follow_playlist(self):
        failures = 0
        while not self._stopped:
            begin = time.monotonic()
            wait = 1.0
            try:
                wait = self._load_playlist()
                failures = 0
            except (*_NETWORK_ERRORS, BadPlaylist) as error:
                self._report.error(f"playlist: {error}")
                failures += 1
                wait = min(2.0 ** (failures - 1), _RETRY_DELAY_MAX)
            if wait is None:
                return
            with self._changed:
                self._changed.wait_for(lambda: self._stopped,
                                       max(0.0, begin + wait - time.monotonic()))

    def _load_playlist(self):
        """Seconds until the next time, counted from the request; None: never again."""
        body, url = self._playlists.get(self._url)
        playlist = Playlist(body.decode("utf-8", "replace"), url)
        if playlist.variants:
            pick = {"first": lambda v: v[0], "lowest": min, "highest": max}[self._options.variant]
            self._url = pick(playlist.variants)[1]
            return 0.0
        if not playlist.segments:
            return playlist.target / 2
        with self._changed:
            old, self._playlist = self._playlist, playlist
            if self._next is None:
                self._next = playlist.first_sequence if playlist.ended else playlist.live_start()
            elif old and playlist.next_sequence + _RESTART_SEGMENTS < old.next_sequence:
                self._report.event("restart", sequence=playlist.first_sequence)
                self._next = playlist.live_start()
            elif self._next < playlist.first_sequence:
                start = playlist.live_start()
                for sequence in range(self._next, start):
                    self._report.lost(sequence, "left the playlist")
                self._next = start
            self._changed.notify_all()
        if playlist.ended:
            return None
        unchanged = old is not None and old.next_sequence == playlist.next_sequence
        return playlist.target / 2 if unchanged else playlist.target

    # ---- the segments ----

    def _next_segment(self):
        """Waits for the segment whose turn it is; None when all is over."""
        with self._changed:
            while not self._stopped:
                wait = None
                if self._playlist and self._next is not None:
                    segment = self._playlist.find(self._next)
                    excess = self._playback.buffered(time.monotonic()) - self._options.max_buffer
                    if segment is None and self._playlist.ended:
                        return None
                    if segment is not None:
                        if excess < 0:
                            return segment
                        wait = excess + 0.01
                self._changed.wait(wait)
        return None

    def _play(self, segment):
        begin = time.monotonic()
        try:
            data = self._fetch(segment)
        except Interrupted:
            return
        if data is None:
            return
        now = time.monotonic()
        ok = self._report.check(segment, data)
        with self._changed:
            if self._next != segment.sequence:
                return  # a seek came between
            self._next += 1
            shown, stall = self._playback.arrived(now, segment.duration)
            latency = None
            if segment.taken is not None and not self._paused and not self._playlist.ended:
                latency = time.time() - now + shown - segment.taken
                self._report.latencies.append(latency)
            buffered = self._playback.buffered(now)
        if self._report.startup is None:
            self._report.startup = round(now - self._report.begin, 4)
        self._report.counts["segments"] += 1
        self._report.counts["bytes"] += len(data)
        self._report.event("segment", sequence=segment.sequence, path=segment.key, bytes=len(data),
                           seconds=round(now - begin, 3), buffer=round(buffered, 3),
                           latency=latency and round(latency, 3), stall=round(stall, 3), ok=ok)

    def _fetch(self, segment):
        """The segment's bytes; None if it is lost or no longer wanted."""
        for attempt in range(_RETRIES + 1):
            try:
                if segment.init_url and segment.init_url != self._init_url:
                    self._segments.get(segment.init_url)
                    self._init_url = segment.init_url
                data, _ = self._segments.get(segment.url, segment.byte_range)
                if segment.byte_range and len(data) != segment.byte_range[1]:
                    raise http.client.IncompleteRead(data)
                return data
            except _NETWORK_ERRORS as error:
                self._report.error(f"segment {segment.sequence}: {error}")
                final = isinstance(error, BadStatus) and 400 <= error.status < 500
                with self._changed:
                    if not final and attempt < _RETRIES:
                        self._changed.wait_for(
                            lambda: self._stopped or self._next != segment.sequence,
                            min(2.0 ** attempt, _RETRY_DELAY_MAX))
                    if self._stopped or self._next != segment.sequence:
                        return None
                    if final or attempt == _RETRIES:
                        self._report.lost(segment.sequence, error)
                        self._next += 1
                        return None
        return None

    # ---- the viewer ----

    def _pause(self, seconds):
        with self._changed:
            self._playback.pause(time.monotonic())
            self._paused = True
            self._report.event("pause", seconds=seconds)
            self._changed.wait_for(lambda: self._stopped, seconds)
            self._paused = False
            self._playback.resume(time.monotonic())
            self._changed.notify_all()

    def _seek(self, to):
        with self._changed:
            if self._playlist is None:
                return
            self._next = self._playlist.at(to)
            self._playback.flush(time.monotonic())
            self._report.event("seek", sequence=self._next)
            self._changed.notify_all()
        self._segments.interrupt()


def _pair(text):
    first, _, second = text.partition(":")
    return float(first), float(second)


def parse_options(arguments=None):
    parser = argparse.ArgumentParser(description="Plays HLS like hls.js, without a screen.")
    parser.add_argument("url")
    parser.add_argument("--manifest", help="the CDN's files and their SHA-256, to check against")
    parser.add_argument("--record", help="write such a manifest instead of checking")
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--user-agent", default="shoal-demo-player/1")
    parser.add_argument("--variant", choices=("first", "lowest", "highest"), default="first",
                        help="which rendition of a multivariant playlist (default: first)")
    parser.add_argument("--max-buffer", type=float, default=30.0,
                        help="seconds buffered above which nothing is asked for (default: 30)")
    parser.add_argument("--pause", type=_pair, action="append", default=[], metavar="AT:FOR",
                        help="pause at AT seconds for FOR seconds")
    parser.add_argument("--seek", type=_pair, action="append", default=[], metavar="AT:TO",
                        help="at AT seconds jump to TO seconds from the playlist's beginning")
    return parser.parse_args(arguments)


def main():
    options = parse_options()
    player = Player(options, Report(options.manifest, options.record, sys.stdout))
    # The handler only starts a thread: it may interrupt code that holds the lock stop() wants.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=player.stop, daemon=True).start())
    player.run()


if __name__ == "__main__":
    main()
