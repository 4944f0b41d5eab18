"""What a tracker costs per viewer and minute, from one load of announce_load, and how many times as
much as another. Pure arithmetic."""

import statistics

# Of what is compared: figure, what it says in the table, digits.
COMPARED = (
    ("cpu_ms_per_viewer_minute", "CPU, ms per viewer-minute", 3),
    ("wire_bytes_per_viewer_minute", "bytes on the wire per viewer-minute", 0),
    ("message_bytes_per_viewer_minute", "  of them within TCP", 0),
    ("resident_bytes_per_viewer", "resident bytes per viewer", 0))
# Fewer calls than this of those offered: it was more than server or load could carry.
SUSTAINED = 0.97


def of_load(load, offered_per_s=None):
    """The figures of one server. `offered_per_s`: calls that all viewers would make if each answer
    came at once; None: those that were due."""
    viewers, seconds = load["members"], load["seconds"]
    minutes = viewers * seconds / 60
    if offered_per_s is None:
        offered_per_s = sum(due for due, _, _ in load["series"]) / seconds
    served_per_s = load["answered"] / seconds
    server, traffic = load["server"], load["traffic"]

    def per_minute(value, digits):
        return None if value is None else round(value / minutes, digits)

    resident = server["resident_end_bytes"]
    before = server["resident_before_bytes"]
    cpu_s = server["cpu_s"]
    return {
        "cpu_ms_per_viewer_minute": per_minute(None if cpu_s is None else 1000 * cpu_s, 4),
        "wire_bytes_per_viewer_minute": per_minute(
            traffic["wire_bytes_to_server"] + traffic["wire_bytes_from_server"], 0),
        "message_bytes_per_viewer_minute": per_minute(
            traffic["bytes_to_server"] + traffic["bytes_from_server"], 0),
        "resident_bytes_per_viewer": (None if None in (resident, before)
                                      else round((resident - before) / viewers)),
        "resident_mb": None if resident is None else round(resident / 1e6, 1),
        "cores": None if cpu_s is None else round(cpu_s / seconds, 4),
        "load_cores": round(load["load_cpu_s"] / seconds, 4),
        "offered_per_s": round(offered_per_s, 1),
        "served_per_s": round(served_per_s, 1),
        "sustained": served_per_s >= SUSTAINED * offered_per_s and not load["failed"],
        "failed": load["failed"],
        "p50_ms": round(load["latency_ms"]["p50"], 2),
        "p99_ms": round(load["latency_ms"]["p99"], 2),
        **of_viewing(load["viewing"])}


def of_viewing(viewing):
    """What the orders came to: empty for a tracker that gives none."""
    if viewing is None:
        return {}
    pieces = viewing["pieces_from_cdn"] + viewing["pieces_from_peers"]
    return {"cdn_share": round(viewing["pieces_from_cdn"] / pieces, 5) if pieces else None,
            "late_share": round(viewing["pieces_late"] / pieces, 5) if pieces else None,
            "wrong_orders": viewing["wrong_orders"]}


def factors(scheduling, shoal):
    """How many times as much the tracker that schedules takes, of each figure that is compared."""
    return {figure: (round(scheduling[figure] / shoal[figure], 1)
                     if scheduling[figure] and shoal[figure] else None)
            for figure, _, _ in COMPARED}


def median(runs):
    """Of the figures of several runs, each a dictionary of dictionaries of numbers."""
    merged = {}
    for part in runs[0]:
        merged[part] = {}
        for key in runs[0][part]:
            values = [run[part][key] for run in runs]
            if None in values:
                merged[part][key] = None
            elif isinstance(values[0], bool):
                merged[part][key] = all(values)
            else:
                merged[part][key] = round(statistics.median(values), 5)
    return merged
