"""Scenarios as data: tests/bench/scenarios/NAME.json read, checked, and turned into a run's plan.

A scenario's keys, of which the last three may be missing:
  about         what it is for, in a sentence
  viewers       how many; of several numbers each is a case of its own
  seconds       how long a run takes
  stream        "live", or "vod": one that has ended
  uplink        of every viewer: 5Mbit, 800kbit
  joins         groups of viewers: `share` of all join one after the other, beginning `from` seconds
                after the begin, within `over` seconds. The last group has whoever is left
  killed        a `share` of the viewers whose clients are killed `at` so many seconds
  slow          a `share` of the viewers that has this `downlink`; the others have no limit
  undiallable   a `share` of the viewers to whom nobody can connect
"""

import argparse
import glob
import json
import math
import os

from demo.net import Line
from demo.plan import Plan, evenly
from demo.publish import SEGMENT_SECONDS
from demo.rates import bits_per_second

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scenarios")
_NEEDED = {"about", "viewers", "seconds", "stream", "uplink", "joins"}
_OPTIONAL = {"killed": {"share", "at"}, "slow": {"share", "downlink"}, "undiallable": {"share"}}
# A player on demand fetches this much ahead of what it plays (player.py's --max-buffer, and more).
_VOD_AHEAD_S = 60.0


class BadScenario(Exception):
    """The message names the file and what is wrong with it."""


class Scenario:
    """One file. REQUIRES: `values` are of a JSON object. Raises BadScenario."""

    def __init__(self, name, values):
        self.name = name
        try:
            self._take(values)
        except (KeyError, TypeError, ValueError, argparse.ArgumentTypeError) as error:
            raise BadScenario(f"scenario {name}: {error}") from error

    def _take(self, values):
        unknown = values.keys() - _NEEDED - _OPTIONAL.keys()
        if missing := _NEEDED - values.keys():
            raise ValueError(f"has no {', '.join(sorted(missing))}")
        if unknown:
            raise ValueError(f"does not know {', '.join(sorted(unknown))}")
        for key, needed in _OPTIONAL.items():
            if key in values and values[key].keys() != needed:
                raise ValueError(f"{key} wants {', '.join(sorted(needed))}, and nothing else")
        if values["stream"] not in ("live", "vod"):
            raise ValueError(f"stream is '{values['stream']}', neither live nor vod")
        self.about = values["about"]
        self.viewers = [int(count) for count in values["viewers"]]
        self.seconds = float(values["seconds"])
        self.vod = values["stream"] == "vod"
        self._uplink = bits_per_second(values["uplink"])
        self._joins = [(float(g["share"]), float(g["from"]), float(g["over"]))
                       for g in values["joins"]]
        self._killed = values.get("killed")
        self._undiallable = values.get("undiallable")
        self._slow = values.get("slow")
        self._downlink = self._slow and bits_per_second(self._slow["downlink"])
        last_join = max(begin + over for _, begin, over in self._joins)
        if not self.viewers or min(self.viewers) < 1 or last_join >= self.seconds:
            raise ValueError("leaves nobody to measure")
        if self._killed and not last_join <= self._killed["at"] < self.seconds:
            raise ValueError("kills before all have joined, or after the end")

    def as_written(self, seconds):
        """Whether a run of `seconds` (None: the scenario's) is long enough to be judged."""
        return seconds is None or seconds >= self.seconds

    def plan(self, viewers, seconds=None):
        """A shorter run is the same in less time: what happens when shrinks with it."""
        seconds = seconds or self.seconds
        factor = min(1.0, seconds / self.seconds)
        joins = []
        for count, (_, begin, over) in zip(self._group_sizes(viewers), self._joins):
            joins += evenly(count, over * factor, begin * factor)
        vanish = []
        if self._killed:
            vanish = [(self._killed["at"] * factor, index)
                      for index in spread(self._killed["share"], viewers)]
        return Plan(sorted(joins), seconds, vanish=vanish)

    def lines(self, viewers):
        """Every viewer's net.Line, in the order in which they join."""
        slow = spread(self._slow["share"], viewers) if self._slow else []
        shut = spread(self._undiallable["share"], viewers) if self._undiallable else []
        return [Line(self._uplink, self._downlink if index in slow else None, index not in shut)
                for index in range(viewers)]

    def vod_segments(self, seconds=None):
        """How many segments a stream on demand has, so that no player comes to its end; None: a
        live stream."""
        if not self.vod:
            return None
        return math.ceil(((seconds or self.seconds) + _VOD_AHEAD_S) / SEGMENT_SECONDS)

    def _group_sizes(self, viewers):
        left = viewers
        for share, _, _ in self._joins[:-1]:
            size = min(left, max(1, round(share * viewers)))
            left -= size
            yield size
        yield left


def spread(share, viewers):
    """The indices of `share` of the viewers, at least one, evenly among them and not the first."""
    count = max(1, round(share * viewers))
    return [(2 * i + 1) * viewers // (2 * count) for i in range(count)]


def names():
    """Of all scenarios that there are."""
    return sorted(os.path.basename(path).removesuffix(".json")
                  for path in glob.glob(os.path.join(FOLDER, "*.json")))


def load(name):
    """The scenario of that name, or, if it ends with .json, that file's. Raises BadScenario."""
    path = name if name.endswith(".json") else os.path.join(FOLDER, name + ".json")
    try:
        with open(path, encoding="utf-8") as text:
            values = json.load(text)
    except (OSError, ValueError) as error:
        raise BadScenario(f"scenario {name}: {error}") from error
    if not isinstance(values, dict):
        raise BadScenario(f"scenario {name}: no JSON object")
    return Scenario(os.path.basename(path).removesuffix(".json"), values)
