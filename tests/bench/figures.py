"""The figures of one case: of each pair of runs, with peers and without, and of all its pairs.

They are those of the demo (deploy/demo/usage.txt says what each means), and:
  ratio                           the CDN's share divided by the floor of that very run
  client_cpu_s_per_100s_max       as client_cpu_s_per_100s, of the client that took most
  extra_stalls, extra_stall_seconds   less those of the run without peers
Pure arithmetic.
"""

import statistics

from demo.summary import compare

_SUMMED = {"stalls", "stall_seconds", "corrupt_segments", "lost_segments", "extra_stalls",
           "extra_stall_seconds"}
_LARGEST = {"client_rss_mb_max", "client_cpu_s_per_100s_max"}


def of_run(result):
    """`result` is a RunResult of demo.summary."""
    share, floor = result.cdn_share(), result.floor()
    costs = [cost for viewer in result.viewers
             if (cost := viewer.cpu_s_per_100s()) is not None]
    return {**result.figures(),
            "ratio": round(share / floor, 3) if share is not None and floor else None,
            "client_cpu_s_per_100s_max": round(max(costs), 2) if costs else None}


def of_pair(swarm, off):
    """Of a run with peers and the one without."""
    return {**compare(swarm, off),
            "extra_stalls": swarm["stalls"] - off["stalls"],
            "extra_stall_seconds": round(swarm["stall_seconds"] - off["stall_seconds"], 3)}


def of_all(pairs):
    """Stalls, lost and corrupt segments are summed over the pairs; of memory and the most CPU time
    the largest counts, of all else the median."""
    if len(pairs) == 1:
        return pairs[0]
    merged = {}
    for key in pairs[0]:
        values = [pair[key] for pair in pairs]
        merged[key] = of_all(values) if key == "off" else _merge(key, values)
    return merged


def _merge(key, values):
    known = [value for value in values if value is not None]
    if not known:
        return None
    if key in _SUMMED:
        return round(sum(known), 3)
    if key in _LARGEST:
        return max(known)
    middle = statistics.median(known)
    return round(middle, 4)
