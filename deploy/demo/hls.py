"""As much of RFC 8216 as a headless player needs: media and multivariant playlists.

Foreign text: whatever does not look like a playlist raises BadPlaylist.
"""

import datetime
import re
import urllib.parse

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')
_VARIABLE = re.compile(r"\{\$([A-Za-z0-9_-]+)\}")


class BadPlaylist(Exception):
    """The text is no playlist."""


class Segment:
    """One media segment. `url` is absolute; `byte_range` is (offset, length) or None; `taken` is
    the wall-clock time of its first picture (EXT-X-PROGRAM-DATE-TIME) or None."""

    def __init__(self, sequence, url, duration, byte_range, taken, init_url):
        self.sequence = sequence
        self.url = url
        self.duration = duration
        self.byte_range = byte_range
        self.taken = taken
        self.init_url = init_url

    @property
    def key(self):
        """What the manifest of the CDN's files calls it: the path, as the origin knows it."""
        path = re.sub(r"^/-/o/\d+(?=/)", "", urllib.parse.urlsplit(self.url).path)
        return f"{path}@{self.byte_range[0]}" if self.byte_range else path


class Playlist:
    """A media playlist if `segments` is not empty or `variants` is; then see `variants`: pairs of
    bandwidth and URL, in the playlist's order."""

    def __init__(self, text, url):
        self.target = 1.0
        self.first_sequence = 0
        self.ended = False
        self.segments = []
        self.variants = []
        self._variables = {}
        self._url = url
        lines = [line.strip() for line in text.splitlines()]
        if not lines or not lines[0].startswith("#EXTM3U"):
            raise BadPlaylist(f"{url} does not begin with #EXTM3U")
        try:
            self._parse(lines)
        except (ValueError, IndexError, KeyError) as error:
            raise BadPlaylist(f"{url}: {error}") from error

    @property
    def next_sequence(self):
        return self.first_sequence + len(self.segments)

    def find(self, sequence):
        index = sequence - self.first_sequence
        return self.segments[index] if 0 <= index < len(self.segments) else None

    def live_start(self):
        """The segment that holds the point three target durations before the end."""
        behind = 0.0
        for segment in reversed(self.segments):
            behind += segment.duration
            if behind >= 3 * self.target - 0.001:
                return segment.sequence
        return self.first_sequence

    def at(self, seconds):
        """The segment at `seconds` from the start of the playlist; the last one beyond its end."""
        for segment in self.segments:
            seconds -= segment.duration
            if seconds < 0:
                return segment.sequence
        return self.next_sequence - 1

    def _parse(self, lines):
        duration = byte_range = taken = init_url = bandwidth = None
        range_end = 0
        for line in lines:
            name, _, value = line.partition(":")
            if name == "#EXT-X-TARGETDURATION":
                self.target = max(0.1, float(value))
            elif name == "#EXT-X-MEDIA-SEQUENCE":
                self.first_sequence = int(value)
            elif name == "#EXT-X-ENDLIST":
                self.ended = True
            elif name == "#EXT-X-DEFINE":
                self._define(attributes(value))
            elif name == "#EXT-X-MAP":
                init_url = self._absolute(attributes(value)["URI"])
            elif name == "#EXT-X-PROGRAM-DATE-TIME":
                taken = datetime.datetime.fromisoformat(value).timestamp()
            elif name == "#EXTINF":
                duration = float(value.split(",")[0])
            elif name == "#EXT-X-BYTERANGE":
                length, _, offset = value.partition("@")
                byte_range = (int(offset) if offset else range_end, int(length))
            elif name == "#EXT-X-STREAM-INF":
                bandwidth = int(attributes(value)["BANDWIDTH"])
            elif line and not line.startswith("#"):
                if bandwidth is not None:
                    self.variants.append((bandwidth, self._absolute(line)))
                    bandwidth = None
                elif duration is not None:
                    self.segments.append(Segment(self.next_sequence, self._absolute(line), duration,
                                                 byte_range, taken, init_url))
                    range_end = sum(byte_range) if byte_range else 0
                    taken = taken + duration if taken is not None else None
                    duration = byte_range = None

    def _define(self, values):
        if "NAME" in values:
            self._variables[values["NAME"]] = values.get("VALUE", "")
        elif "QUERYPARAM" in values:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self._url).query)
            self._variables[values["QUERYPARAM"]] = query[values["QUERYPARAM"]][0]

    def _absolute(self, uri):
        uri = _VARIABLE.sub(lambda match: self._variables[match[1]], uri)
        return urllib.parse.urljoin(self._url, uri)


def attributes(text):
    """An attribute list (RFC 8216, 4.2) as a dict, quotes removed."""
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}
