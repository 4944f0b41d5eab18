"""The figures of tests/bench/tracker.sh, of its runs and their medians. Pure arithmetic."""

import statistics


def capacity(tracker, noop):
    """Of two loads with the same connections, one after the other."""
    ours, floor = per_cpu_s(tracker), per_cpu_s(noop)
    return {"announces_per_cpu_s": ours, "noop_announces_per_cpu_s": floor,
            "share_of_noop": round(ours / floor, 3) if ours and floor else None,
            "failed_announces": tracker["failed"] + noop["failed"]}


def per_cpu_s(load):
    """Announces answered, for each second of the server's CPU time."""
    value = load["server"]["announces_per_cpu_s"]
    return None if value is None else round(value)


def memberships_per_cpu_s(load):
    value = load["server"]["memberships_per_cpu_s"]
    return None if value is None else round(value)


def persistence(memory, rocksdb):
    """Of the same load on a tracker that keeps members in memory alone, and on one that stores them:
    the share of the latter's CPU time that the store takes, at the lesser of their rates."""
    cost = {name: load["server"]["announces_per_cpu_s"] and 1e6 / load["server"]["announces_per_cpu_s"]
            for name, load in (("memory", memory), ("rocksdb", rocksdb))}
    known = None not in cost.values()
    return {"persistence_tax": round(1 - cost["memory"] / cost["rocksdb"], 3) if known else None,
            "persistence_rate_per_s": round(min(load["announces_per_s"] or 0
                                                for load in (memory, rocksdb))),
            **{f"persistence_{name}_cpu_us": us and round(us, 1) for name, us in cost.items()},
            "persistence_failed_announces": memory["failed"] + rocksdb["failed"]}


def times(ours, theirs):
    """How many times as much as `theirs`."""
    return round(ours / theirs, 2) if ours and theirs else None


def table(tables):
    """Of what member_table measured, by (members, family): over the numbers of members the worst."""
    worst = {}
    for (members, family), found in tables.items():
        for key, value in ((f"bytes_per_member_{family}", found["bytes_per_member"]),
                           ("expiry_hold_ms", found["expiry_hold_ms"])):
            worst[key] = max(value, worst.get(key, 0))
        worst[f"bytes_per_member_{family}_{members // 1_000_000}m"] = found["bytes_per_member"]
    return worst


def hostile(loads):
    """Of (tracker, no-op server) by kind: refusals, and the least share of what the latter takes in."""
    result, shares = {}, []
    for kind, (ours, floor) in loads.items():
        share = capacity(ours, floor)["share_of_noop"]
        shares.append(share)
        result[f"refused_{kind}_per_cpu_s"] = per_cpu_s(ours)
        result[f"refused_{kind}_share_of_noop"] = share
    return {**result, "hostile_share_of_noop": None if None in shares else min(shares),
            "hostile_wrong_status": sum(ours["failed"] for ours, _ in loads.values())}


def restart(load, members, interval_s):
    """Of a load of members whose tracker ended, and came back, while it was measured."""
    outage = load["outage"]
    if outage is None:
        return {"restart_peak_over_steady": None, "restart_error_share": None,
                "restart_intervals_until_back": None}
    began = int(outage["began_s"])
    peak = max((due for due, _, _ in load["series"][began:-1]), default=0)
    back = outage["all_back_s"]
    return {"restart_peak_over_steady": round(peak * interval_s / members, 2),
            "restart_error_share": round(outage["failed"] / max(1, outage["due"]), 4),
            "restart_intervals_until_back": None if back is None else round(back / interval_s, 2)}


def merge(runs):
    """The median of each figure over the runs that have it; None if any of them does not know it.

    Of memory and of failures the worst counts."""
    merged = {}
    for key in dict.fromkeys(key for run in runs for key in run):
        values = [run[key] for run in runs if key in run]
        if None in values:
            merged[key] = None
        elif key.startswith("bytes_per_") or key.endswith("failed_announces") or (
                key == "hostile_wrong_status"):
            merged[key] = max(values)
        else:
            merged[key] = round(statistics.median(values), 4)
    return merged
