"""A small internet of network namespaces: a CDN, a tracker, and viewers on slow lines.

    shoalPID-cdn      a bridge; the CDN runs here
    shoalPID-tracker  one port of the bridge
    shoalPID-v1 ...   one port of the bridge each; what leaves it passes HTB at the viewer's uplink,
                      what comes to it HTB on the bridge's side at its downlink

Nothing is added to the host's own network: not an interface, address, route or firewall rule. The
addresses are from 198.18.0.0/16 (RFC 2544, set aside for benchmarks). Wants root.
"""

import contextlib
import ctypes
import os
import re
import socket
import subprocess

from demo.processes import Failed

_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_NAME = re.compile(r"shoal(\d+)-")

CDN_ADDRESS = "198.18.0.1"
TRACKER_ADDRESS = "198.18.0.2"


class Namespace:
    """A network namespace and the address of the process that runs in it."""

    def __init__(self, name, address):
        self.name = name
        self.address = address


class Line:
    """A viewer's line. Rates are in bits per second; None: unlimited. Nobody can connect to a
    viewer that is not `diallable`: its firewall drops the attempt without a word, as home routers
    do; it can connect to others."""

    def __init__(self, uplink=None, downlink=None, diallable=True):
        self.uplink = uplink
        self.downlink = downlink
        self.diallable = diallable


class Network:
    """One viewer for each of `lines`. REQUIRES: root."""

    def __init__(self, lines):
        prefix = f"shoal{os.getpid()}-"
        self.cdn = Namespace(prefix + "cdn", CDN_ADDRESS)
        self.tracker = Namespace(prefix + "tracker", TRACKER_ADDRESS)
        self.viewers = [Namespace(f"{prefix}v{i + 1}", f"198.18.{1 + i // 200}.{1 + i % 200}")
                        for i in range(len(lines))]
        self._lines = lines
        self._created = []

    def create(self):
        remove_stale()
        for namespace in (self.cdn, self.tracker, *self.viewers):
            _run("ip", "netns", "add", namespace.name)
            self._created.append(namespace)
            _run("ip", "-n", namespace.name, "link", "set", "lo", "up")
        _batch(self.cdn.name, f"""
            link add name bridge0 type bridge
            addr add {self.cdn.address}/16 dev bridge0
            link set bridge0 addrgenmode none
            link set bridge0 up""")
        self._attach(self.tracker, "tracker")
        for number, (viewer, line) in enumerate(zip(self.viewers, self._lines), 1):
            self._attach(viewer, f"v{number}")
            if line.uplink:
                limit_rate(viewer.name, line.uplink)
            if line.downlink:
                limit_rate(self.cdn.name, line.downlink, f"v{number}")
            if not line.diallable:
                drop_connections(viewer.name)
        if any(line.downlink for line in self._lines):
            # What the CDN sends takes its bundles from the bridge, not from the bridge's port.
            _run("ip", "-n", self.cdn.name, "link", "set", "bridge0", "gso_max_segs", "1")

    def destroy(self):
        """Removes whatever create() made, however far it came. Call it after the processes ended:
        a namespace lives on while a process is in it."""
        while self._created:
            namespace = self._created.pop()
            subprocess.run(["ip", "netns", "del", namespace.name], check=False,
                           stderr=subprocess.DEVNULL)

    def _attach(self, namespace, port):
        # addrgenmode none: no IPv6 chatter, which would count as the tracker's traffic.
        _batch(self.cdn.name, f"""
            link add name {port} type veth peer name eth0 netns {namespace.name}
            link set {port} master bridge0
            link set {port} addrgenmode none
            link set {port} up""")
        _batch(namespace.name, f"""
            addr add {namespace.address}/16 dev eth0
            link set eth0 addrgenmode none
            link set eth0 up""")


def limit_rate(namespace, bits, device="eth0"):
    """Everything that leaves `namespace` by `device` passes at `bits` per second, with a queue of a
    quarter second, as a home router has."""
    rate = f"{bits:.0f}bit"
    queue = max(32_000, int(bits / 8 * 0.25))
    # Packets as they go over a real line: the kernel would otherwise queue bundles of 64 KB.
    _run("ip", "-n", namespace, "link", "set", device, "gso_max_segs", "1")
    for arguments in (
            f"qdisc replace dev {device} root handle 1: htb default 10",
            f"class replace dev {device} parent 1: classid 1:10 htb rate {rate} ceil {rate}"
            " burst 3200 cburst 3200",
            f"qdisc replace dev {device} parent 1:10 handle 10: bfifo limit {queue}"):
        _run("tc", "-n", namespace, *arguments.split())


def drop_connections(namespace):
    """Nobody outside can open a TCP connection into `namespace`; from within it all can be."""
    _run("ip", "netns", "exec", namespace, "iptables", "-w", "-A", "INPUT", "-i", "eth0", "-p",
         "tcp", "--syn", "-j", "DROP")


def remove_stale():
    """Removes the namespaces of demos that were killed before they could."""
    listing = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False)
    for line in listing.stdout.splitlines():
        match = _NAME.match(line)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            subprocess.run(["ip", "netns", "del", line.split()[0]], check=False)


def available():
    """None if namespaces can be made here, else why not."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"shoal{os.getpid()}-probe"
    try:
        _run("ip", "netns", "add", name)
        try:
            _batch(name, "link add name eth0 type veth peer name eth1")
            limit_rate(name, 1e6)
        finally:
            _run("ip", "netns", "del", name)
    except (Failed, OSError) as error:
        return f"this kernel cannot do it: {error}"
    return None


def interface_bytes(namespace):
    """Bytes that passed eth0 of `namespace` in both directions, headers included."""
    out = subprocess.run(["ip", "netns", "exec", namespace, "cat", "/proc/net/dev"],
                         capture_output=True, text=True, check=False).stdout
    for line in out.splitlines():
        name, _, counters = line.partition(":")
        if name.strip() == "eth0":
            fields = counters.split()
            return int(fields[0]) + int(fields[8])
    return 0


@contextlib.contextmanager
def entered(namespace):
    """The calling thread is in `namespace` (None: stays where it is) within the block. Sockets made
    there stay there."""
    if not namespace:
        yield
        return
    with open("/proc/thread-self/ns/net", "rb") as home, \
            open(f"/run/netns/{namespace}", "rb") as there:
        _enter(there)
        try:
            yield
        finally:
            _enter(home)


def connect(namespace, host, port, timeout=5.0):
    """A TCP connection to what `host`:`port` is inside `namespace`."""
    with entered(namespace):
        return socket.create_connection((host, port), timeout)


def _enter(namespace_file):
    if _LIBC.setns(namespace_file.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _batch(namespace, commands):
    _run("ip", "-n", namespace, "-batch", "-", stdin=commands)


def _run(*argv, stdin=None):
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(argv)}: {done.stderr.strip() or done.returncode}")
