"""The bars that a case must not exceed (bars.json), and whether it does. Pure."""

import json
import os

_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bars.json")
# What is judged of a run too short for the other bars.
WHOLE = ("corrupt_segments", "lost_segments")


class Check:
    """One figure against its bar, which is a most or a least. A figure that is not known (None) has
    not passed."""

    def __init__(self, figure, value, at_most=None, at_least=None):
        self.figure = figure
        self.value = value
        self.at_most = at_most
        self.at_least = at_least
        self.passed = (value is not None and (at_most is None or value <= at_most)
                       and (at_least is None or value >= at_least))

    def text(self):
        value = "not known" if self.value is None else f"{self.value:g}"
        bar = (f"bar {self.at_most:g}" if self.at_least is None
               else f"bar at least {self.at_least:g}")
        return f"{'pass' if self.passed else 'MISS'}  {self.figure} {value}, {bar}"


def load(path=_FILE):
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def check(bars, scenario, viewers, figures):
    """The Checks of a case. `figures` are as of_all() of figures.py returns them."""
    checks = []
    ratio = bars["cdn_ratio"].get(scenario, {}).get(str(viewers))
    if ratio is not None:
        checks.append(Check("ratio", figures["ratio"], ratio))
    for figure, at_most in bars["always"].items():
        if figure == "latency_added_s" and figures["off"]["latency_median_s"] is None:
            continue  # a stream on demand has no live edge to be behind of
        checks.append(Check(figure, figures[figure], at_most))
    return checks
