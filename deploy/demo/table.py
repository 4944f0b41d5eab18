"""The live table. On a terminal it is drawn over itself; elsewhere a line comes now and then."""

import shutil
import time

from demo.rates import show_bytes, show_rate

_COLUMNS = (("viewer", 6), ("from CDN", 10), ("from peers", 11), ("CDN", 6), ("upload", 12),
            ("links", 6), ("stalls", 12), ("latency", 8), ("buffer", 7))


class Row:
    """One viewer now. `upload` in bits per second; `latency` and `buffer` in seconds or None."""

    def __init__(self, name, from_cdn, from_peers, upload, links, stalls, stalled, latency, buffer):
        self.cells = (name, show_bytes(from_cdn), show_bytes(from_peers),
                      percent(from_cdn, from_cdn + from_peers), show_rate(upload), str(links),
                      f"{stalls} ({stalled:.1f} s)" if stalls else "0", seconds(latency),
                      seconds(buffer))


class Table:
    """Draws to `out`. `terminal`: it understands cursor movements; if not, a line comes every
    `plain_every` seconds."""

    def __init__(self, out, terminal, plain_every=5.0):
        self._out = out
        self._terminal = terminal
        self._plain_every = plain_every
        self._lines = 0
        self._next_plain = 0.0

    def draw(self, title, rows, total):
        """`total` is the line below the table: the CDN share over all against its floor."""
        if not self._terminal:
            if time.monotonic() >= self._next_plain:
                self._next_plain = time.monotonic() + self._plain_every
                self._out.write(f"{title}: {total}\n")
                self._out.flush()
            return
        size = shutil.get_terminal_size()
        lines = [title, "", _line(name for name, _ in _COLUMNS)]
        room = max(1, size.lines - 7)
        lines += [_line(row.cells) for row in rows[:room]]
        if len(rows) > room:
            lines.append(f"   ... and {len(rows) - room} more")
        lines += ["", total]
        over = f"\x1b[{self._lines}F" if self._lines else ""
        self._out.write(over + "".join(f"{line[:size.columns - 1]}\x1b[K\n" for line in lines)
                        + "\x1b[J")
        self._out.flush()
        self._lines = len(lines)

    def leave(self):
        """What comes next is written below the table."""
        self._lines = 0
        self._next_plain = 0.0


def _line(cells):
    return "".join(cell.rjust(width) for cell, (_, width) in zip(cells, _COLUMNS))


def seconds(value):
    return "-" if value is None else f"{value:.1f} s"


def percent(part, whole):
    return "-" if not whole else f"{100 * part / whole:.0f} %"
