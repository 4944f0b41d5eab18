"""Stamps MPEG transport streams, so that the same pictures make different bytes every time.

A null packet (ISO/IEC 13818-1, 2.4.3.3: PID 0x1FFF) may stand between any two packets; decoders
throw it away. One that carries a number goes in front of every `_INTERVAL` packets, so that no
piece of a segment is equal to a piece of another one: bytes delivered for the wrong segment cannot
pass for the right ones.
"""

import hashlib

PACKET_SIZE = 188
_INTERVAL = 100


def stamp(segment, number):
    """`segment` with null packets that carry `number`. REQUIRES: whole packets."""
    if len(segment) % PACKET_SIZE or segment[:1] != b"\x47":
        raise ValueError("not an MPEG transport stream")
    step = _INTERVAL * PACKET_SIZE
    parts = []
    for index, offset in enumerate(range(0, len(segment), step)):
        parts += (_null_packet(number, index), segment[offset:offset + step])
    parts.append(_null_packet(number, len(parts)))  # the last piece may be a short one
    return b"".join(parts)


def _null_packet(number, index):
    payload = hashlib.sha256(f"{number}/{index}".encode()).digest() * 6
    return (b"\x47\x1f\xff\x10" + payload)[:PACKET_SIZE]
