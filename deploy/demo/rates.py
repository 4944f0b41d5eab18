"""Rates and sizes as people write them: 5Mbit, 800kbit, 20MiB."""

import argparse
import re

_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(k|m|g)?bit(?:/s)?", re.IGNORECASE)
_FACTOR = {None: 1, "k": 1e3, "m": 1e6, "g": 1e9}


def bits_per_second(text):
    """`5Mbit` -> 5000000.0. An argparse type."""
    match = _RATE.fullmatch(text.strip())
    if not match or float(match[1]) <= 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no rate; write 5Mbit or 800kbit")
    return float(match[1]) * _FACTOR[match[2].lower() if match[2] else None]


def show_bytes(count):
    """Three digits and a decimal unit: 1.25 MB."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            value = count / size
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"
    return f"{count:.0f} B"


def show_rate(bits):
    if bits >= 1e6:
        return f"{bits / 1e6:.1f} Mbit/s"
    return f"{bits / 1e3:.0f} kbit/s"
