"""A player's buffer and clock: when it plays, when it stalls, how far it is behind the live edge.

Sans-IO: every call says what time it is (seconds on a clock that never goes back).
"""


class Playback:
    """Plays in real time from the first segment on; stalls while its buffer is empty."""

    def __init__(self):
        self.started = False
        self.stalls = 0
        self.stall_seconds = 0.0
        self._as_of = 0.0
        self._remaining = 0.0      # seconds of media that are yet to be played, at `_as_of`
        self._dry_since = None     # since when the buffer has been empty against the player's will
        self._waiting = True       # before the first segment, or after a seek: no stall
        self._paused = False

    def buffered(self, now):
        self._advance(now)
        return self._remaining

    def arrived(self, now, duration):
        """A segment was received whole. Returns the time at which its first picture will be shown,
        and the length of the stall that it ended (0: none)."""
        self._advance(now)
        stall = self._end_stall(now)
        self._waiting = False
        self.started = True
        shown = now + self._remaining
        self._remaining += duration
        return shown, stall

    def pause(self, now):
        self._advance(now)
        self._end_stall(now)
        self._paused = True

    def resume(self, now):
        self._advance(now)
        self._paused = False
        if self._remaining == 0 and not self._waiting:
            self._dry_since = now

    def flush(self, now):
        """A seek: the buffer is thrown away, and waiting for what comes is no stall."""
        self._advance(now)
        self._end_stall(now)
        self._remaining = 0.0
        self._waiting = True

    def finish(self, now):
        """The end of the measurement: a stall that has not ended counts as far as it went."""
        self._advance(now)
        return self._end_stall(now)

    def _advance(self, now):
        elapsed = now - self._as_of
        if not self._waiting and not self._paused:
            if elapsed > self._remaining and self._dry_since is None:
                self._dry_since = self._as_of + self._remaining
            self._remaining = max(0.0, self._remaining - elapsed)
        self._as_of = now

    def _end_stall(self, now):
        if self._dry_since is None:
            return 0.0
        stall = now - self._dry_since
        self._dry_since = None
        if stall > 0:
            self.stalls += 1
            self.stall_seconds += stall
        return stall
