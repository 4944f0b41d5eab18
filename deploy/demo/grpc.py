"""One unary gRPC call in cleartext, for asking the tracker for its figures without any package.

Just enough of HTTP/2 (RFC 9113) and HPACK (RFC 7541) to send a small request and to take out the
answer's first message. Headers are sent as literals and those of the answer skipped, so that
neither Huffman codes nor tables are needed; whether the call succeeded shows by its message.
"""

import struct

from demo import net
from demo.processes import Failed

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1


def call(address, port, method, request=b"", namespace=None, timeout=5.0):
    """The bytes of the answer to `method` (`/shoal.v1.Operator/GetFigures`). Raises Failed."""
    try:
        with net.connect(namespace, address, port, timeout) as sock:
            sock.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(
                _HEADERS, _END_HEADERS, 1, _header_block(method, f"{address}:{port}"))
                + _frame(_DATA, _END_STREAM, 1, struct.pack(">BI", 0, len(request)) + request))
            return _message(_read_answer(sock), method)
    except OSError as error:
        raise Failed(f"{method} at {address}:{port}: {error}") from error


def fields(message):
    """The varint and length-delimited fields of a protobuf message, as {number: [values]}."""
    found = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
        elif kind == 2:
            length, at = _varint(message, at)
            value, at = message[at:at + length], at + length
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = int.from_bytes(message[at:at + size], "little"), at + size
        else:
            raise Failed(f"protobuf wire type {kind}")
        found.setdefault(tag >> 3, []).append(value)
    return found


def tracker_figures(address, port, namespace=None):
    """GetFigures of proto/shoal/v1/operator.proto as a dict of its numbers."""
    answer = fields(call(address, port, "/shoal.v1.Operator/GetFigures", namespace=namespace))
    names = ("swarms", "members", "announces", "joins", "leaves", "expirations", "refusals",
             "bytes_received", "bytes_sent", "uptime_s", "announce_interval_ms")
    return {name: answer.get(number, [0])[0] for number, name in enumerate(names, 1)}


def _read_answer(sock):
    """The DATA of stream 1 until its end."""
    data = b""
    while True:
        header = _receive(sock, 9)
        size, kind, flags, stream = (int.from_bytes(header[:3], "big"), header[3], header[4],
                                     int.from_bytes(header[5:9], "big") & 0x7fffffff)
        payload = _receive(sock, size)
        if kind == _SETTINGS and not flags & _ACK:
            sock.sendall(_frame(_SETTINGS, _ACK, 0, b""))
        elif kind == _PING and not flags & _ACK:
            sock.sendall(_frame(_PING, _ACK, 0, payload))
        elif kind == _GOAWAY or (kind == _RESET and stream == 1):
            return data
        elif kind in (_DATA, _HEADERS) and stream == 1:
            if kind == _DATA:
                data += payload
            if flags & _END_STREAM:
                return data


def _message(data, method):
    if len(data) < 5:
        raise Failed(f"{method} was refused")
    compressed, size = struct.unpack(">BI", data[:5])
    if compressed or len(data) < 5 + size:
        raise Failed(f"{method}: an answer of {len(data)} bytes that says it has {size}")
    return data[5:5 + size]


def _header_block(method, authority):
    headers = ((":method", "POST"), (":scheme", "http"), (":path", method),
               (":authority", authority), ("content-type", "application/grpc"), ("te", "trailers"))
    block = b""
    for name, value in headers:
        block += b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
    return block


def _frame(kind, flags, stream, payload):
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload


def _receive(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise ConnectionError("closed before the answer's end")
        data += more
    return data


def _varint(message, at):
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if not byte & 0x80:
            return value, at
