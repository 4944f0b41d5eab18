"""The tables of bars.py: a line as soon as a row is done, and all of it as Markdown."""
import sys


def show(text):
    """What is going on, on a terminal only; the next line printed takes its place."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text} …", end="", file=sys.stderr, flush=True)


def _clear():
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _percent(share):
    return f"{100 * share:.2f}"


class _Table:
    """Lines of cells, in columns of `widths`; the first is a label."""

    columns = ()
    widths = ()

    def __init__(self):
        self._rows = []
        self.holds = True

    def heading(self):
        return self._line(self.columns) + "\n" + "-" * (sum(self.widths) + len(self.widths) - 1)

    def _line(self, cells):
        first, *others = (f"{cell:>{width}}" if i else f"{cell:<{width}}"
                          for i, (cell, width) in enumerate(zip(cells, self.widths)))
        return " ".join([first, *others]).rstrip()

    def _append(self, cells):
        _clear()
        self._rows.append(cells)
        return self._line(cells)

    def markdown(self):
        lines = [self.columns, ["---"] + ["--:"] * (len(self.columns) - 1), *self._rows]
        return f"{self.caption()}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)

    def caption(self):
        raise NotImplementedError


class BarTable(_Table):
    columns = ("scenario, viewers", "CDN %", "worst", "bar", "floor", "stalls s/h", "start s",
               "latency s", "waste %", "control %", "requests", "over cap %", "holds")
    widths = (25, 7, 7, 7, 7, 10, 8, 9, 8, 9, 8, 10, 6)

    def __init__(self, worst_factor, seeds):
        super().__init__()
        self._worst_factor = worst_factor
        self._seeds = seeds
        self._failed = []

    def caption(self):
        return (f"Medians over {self._seeds} seeds, and the worst of the CDN's share. A row holds "
                f"if the median is within the bar, and the worst within {self._worst_factor:g} "
                "times it.")

    def add(self, row, figures, limits, wall_s):
        """The line of a row, with its faults below."""
        broken = figures.broken_bars(limits, self._worst_factor)
        name = f"{row['scenario']}, {row['viewers']}"
        line = self._append((
            name, _percent(figures.median("cdn_share")), _percent(figures.worst("cdn_share")),
            _percent(limits["cdn_share"]) if "cdn_share" in limits else "-",
            _percent(figures.median("floor")),
            f"{figures.median('stall_seconds_per_viewer_hour'):.3f}",
            f"{figures.median('startup_median_s'):.2f}",
            f"{figures.median('latency_median_s'):.2f}",
            _percent(figures.median("waste_share")), _percent(figures.median("control_share")),
            f"{figures.median('cdn_requests_per_segment'):.2f}",
            _percent(figures.median("upload_over_cap_max")), "no" if broken else "yes"))
        if broken:
            self.holds = False
            self._failed.append(name)
        return "\n".join([f"{line}  ({wall_s:.0f} s)", *(f"    {fault}" for fault in broken),
                          *figures.complaints()])

    def verdict(self):
        if self.holds:
            return f"All {len(self._rows)} rows hold."
        return (f"{len(self._failed)} of {len(self._rows)} rows do not hold: "
                f"{'; '.join(self._failed)}")


class PolicyTable(_Table):
    columns = ("scenario", "policy", "CDN %", "worst", "floor", "stalls s/h", "start s", "requests")
    widths = (12, 20, 7, 7, 7, 10, 8, 8)

    def __init__(self, viewers, seeds):
        super().__init__()
        self._viewers = viewers
        self._seeds = seeds

    def caption(self):
        return (f"{self._viewers} viewers, medians over {self._seeds} seeds, and the worst of the "
                "CDN's share.")

    def add(self, scenario, policy, figures):
        if figures.complaints():
            self.holds = False
        line = self._append((
            scenario, policy, _percent(figures.median("cdn_share")),
            _percent(figures.worst("cdn_share")), _percent(figures.median("floor")),
            f"{figures.median('stall_seconds_per_viewer_hour'):.3f}",
            f"{figures.median('startup_median_s'):.2f}",
            f"{figures.median('cdn_requests_per_segment'):.2f}"))
        return "\n".join([line, *figures.complaints()])
