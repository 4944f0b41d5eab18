"""The table that closes a demo or a bench: what came of it, beside the same without peers."""

_LINE = {
    "cdn_share": "share of the bytes that came from the CDN",
    "floor": "  the least possible",
    "ratio": "  the one divided by the other",
    "stalls": "stalls",
    "stall_seconds": "  seconds of them",
    "extra_stalls": "  added by the swarm",
    "startup_median_s": "start-up, s (median)",
    "startup_added_s": "  added by the swarm",
    "latency_median_s": "latency, s (median)",
    "latency_added_s": "  added by the swarm",
    "corrupt_segments": "corrupt segments",
    "lost_segments": "lost segments",
    "client_rss_mb_max": "client: largest resident memory, MB",
    "client_cpu_s_per_100s": "client: CPU seconds in 100 s (mean)",
    "client_cpu_s_per_100s_max": "client: CPU seconds in 100 s (most)",
    "cdn_requests_per_segment": "CDN requests per segment",
    "tracker_bytes_per_viewer_minute": "tracker: bytes per viewer and minute",
}


def say_figures(figures):
    """Prints what compare() or figures() of summary.py brought, and what a bench added to it."""
    off = figures.get("off")
    print(f"\n{'':42}{'with peers':>12}{'without':>12}" if off else "")
    for key, text in _LINE.items():
        if key not in figures:
            continue
        columns = f"{show(key, figures[key]):>12}"
        if off and key in off:
            columns += f"{show(key, off[key]):>12}"
        print(f"{text:42}{columns}")


def show(key, value):
    """One figure as people read it."""
    if value is None:
        return "-"
    return f"{100 * value:.1f} %" if key in ("cdn_share", "floor") else f"{value}"
