"""The figures of a run: see usage.txt for what each means. Pure arithmetic."""

import statistics


class ViewerResult:
    """What one viewer came to. `segments` maps the path of each segment received to its bytes;
    `uplink` is in bits per second or None."""

    def __init__(self, segments, received, delivered, seconds, startup, latency, stalls,
                 stall_seconds, lost, corrupt, cpu_seconds, rss_mb, uplink=None):
        self.segments = segments
        self.received = received
        self.delivered = delivered
        self.seconds = seconds
        self.startup = startup
        self.latency = latency
        self.stalls = stalls
        self.stall_seconds = stall_seconds
        self.lost = lost
        self.corrupt = corrupt
        self.cpu_seconds = cpu_seconds
        self.rss_mb = rss_mb
        self.uplink = uplink

    def cpu_s_per_100s(self):
        """None if it was never there."""
        return _ratio(100 * self.cpu_seconds, self.seconds)


class RunResult:
    """What one run came to. `tracker_wire_bytes` are all that passed the tracker's network
    interface; 0: not known."""

    def __init__(self, viewers, cdn_bytes, cdn_requests, tracker_bytes, tracker_wire_bytes=0):
        self.viewers = viewers
        self.cdn_bytes = cdn_bytes
        self.cdn_requests = cdn_requests
        self.tracker_bytes = tracker_bytes
        self.tracker_wire_bytes = tracker_wire_bytes

    def delivered(self):
        return sum(viewer.delivered for viewer in self.viewers)

    def cdn_share(self):
        return _ratio(self.cdn_bytes, self.delivered())

    def floor(self):
        distinct = {}
        for viewer in self.viewers:
            distinct.update(viewer.segments)
        least = sum(distinct.values())
        if all(viewer.uplink for viewer in self.viewers):
            uploads = sum(viewer.uplink / 8 * viewer.seconds for viewer in self.viewers)
            least = max(least, self.delivered() - uploads)
        return _ratio(least, self.delivered())

    def tracker_wire_bytes_per_viewer_minute(self):
        seconds = sum(viewer.seconds for viewer in self.viewers)
        return _round(_ratio(60 * self.tracker_wire_bytes, seconds), 0)

    def all_well(self):
        """Every viewer saw the stream, whole and as the CDN has it."""
        return all(v.received and not v.lost and not v.corrupt for v in self.viewers)

    def figures(self):
        seconds = sum(viewer.seconds for viewer in self.viewers)
        received = sum(viewer.received for viewer in self.viewers)
        return {
            "viewers": len(self.viewers),
            "cdn_share": _round(self.cdn_share(), 4),
            "floor": _round(self.floor(), 4),
            "stalls": sum(viewer.stalls for viewer in self.viewers),
            "stall_seconds": _round(sum(viewer.stall_seconds for viewer in self.viewers), 3),
            "startup_median_s": _round(_median(v.startup for v in self.viewers), 3),
            "latency_median_s": _round(_median(v.latency for v in self.viewers), 3),
            "corrupt_segments": sum(viewer.corrupt for viewer in self.viewers),
            "lost_segments": sum(viewer.lost for viewer in self.viewers),
            "client_rss_mb_max": _round(max((v.rss_mb for v in self.viewers), default=0), 1),
            "client_cpu_s_per_100s": _round(
                _ratio(100 * sum(v.cpu_seconds for v in self.viewers), seconds), 2),
            "tracker_bytes_per_viewer_minute": _round(
                _ratio(60 * self.tracker_bytes, seconds), 0),
            "cdn_requests_per_segment": _round(_ratio(self.cdn_requests, received), 3),
        }


def compare(figures, off):
    """`figures` with what the run without peers adds to them."""
    def added(name):
        if figures[name] is None or off[name] is None:
            return None
        return round(figures[name] - off[name], 3)

    return {**figures, "startup_added_s": added("startup_median_s"),
            "latency_added_s": added("latency_median_s"), "off": off}


def _median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _ratio(part, whole):
    return part / whole if whole else None


def _round(value, digits):
    return None if value is None else round(value, digits) if digits else int(round(value))
