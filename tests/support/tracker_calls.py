"""Calls of a tracker without a client: announces of made-up members, and what the operator sees."""

from demo import grpc

STARTED, STOPPED = 1, 2


def announce(port, peer, swarm, event=STARTED, timeout=5.0):
    """Of the member with the 16 bytes `peer`; a dict of what is in the answer, for `swarm` its size."""
    request = (_bytes(1, peer) + _number(2, 7000) + _number(3, 12)
               + _bytes(4, _bytes(1, swarm) + _number(2, event)))
    answer = grpc.fields(grpc.call("127.0.0.1", port, "/shoal.v1.Tracker/Announce", request,
                                   timeout=timeout))
    handout = grpc.fields(answer[2][0])
    return {"interval_ms": answer[1][0], "swarm_size": handout.get(1, [0])[0],
            "warming": bool(answer.get(4, [0])[0])}


def figures(operator_port):
    """GetFigures as far as restarts go; `store` is None if members are in memory alone."""
    answer = grpc.fields(grpc.call("127.0.0.1", operator_port, "/shoal.v1.Operator/GetFigures"))
    store = None
    if 14 in answer:
        found = grpc.fields(answer[14][0])
        names = ("healthy", "damaged", "unwritten_changes", "lost_changes", "failures",
                 "restored_members", "restoring_ms")
        store = {name: found.get(number, [0])[0] for number, name in enumerate(names, 1)}
    return {"members": answer.get(2, [0])[0], "warming": bool(answer.get(13, [0])[0]),
            "store": store}


def members(operator_port, swarm):
    """The ids of the members of `swarm`."""
    found, token = set(), b""
    while True:
        request = _bytes(1, swarm.hex().encode()) + _number(2, 1000) + _bytes(3, token)
        answer = grpc.fields(grpc.call("127.0.0.1", operator_port,
                                       "/shoal.v1.Operator/ListMembers", request))
        for summary in answer.get(1, []):
            found.add(bytes.fromhex(grpc.fields(summary)[1][0].decode()))
        token = answer.get(2, [b""])[0]
        if not token:
            return found


def is_serving(port, service):
    """What the health check of `service` says."""
    answer = grpc.fields(grpc.call("127.0.0.1", port, "/grpc.health.v1.Health/Check",
                                   _bytes(1, service.encode())))
    return answer.get(1, [0])[0] == 1


def _varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def _number(number, value):
    return _varint(number << 3) + _varint(value)


def _bytes(number, value):
    return _varint(number << 3 | 2) + _varint(len(value)) + value
