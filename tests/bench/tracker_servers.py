"""The servers that tests/bench/tracker.sh measures, and the load that it puts on them.

Each server runs on the first core that this process may use, the load on the second; where there is
only one, both share it, and what is measured by CPU time still holds.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess

from demo.processes import Failed, Process, wait_for_ports, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Of bittorrent-tracker, from npm; installed by hand (README.md), since its own dependencies are many.
NPM_FOLDER = os.path.join(ROOT, "build", "npm-tracker")
# What connecting, filling and ending may take on top of a load's own time.
_GRACE_S = 200.0


def cores():
    """(of the server, of the load)."""
    known = sorted(os.sched_getaffinity(0))
    return known[0], known[1 if len(known) > 1 else 0]


class Server:
    """A running server. `options` are those that announce_load needs to talk to it."""

    def __init__(self, process, port, options=()):
        self.process = process
        self.port = port
        self.options = tuple(options)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


class Workshop:
    """Starts servers and loads with the programs of `build_dir`; keeps their logs in `folder`."""

    def __init__(self, build_dir, folder):
        self._build_dir = build_dir
        self._folder = folder
        self._count = 0
        self.running = []  # processes

    # ---- the servers; each ends with its block ----

    @contextlib.contextmanager
    def tracker(self, *options, port=0):
        ports = self._path("ports")
        program = os.path.join(self._build_dir, "tracker", "shoal-tracker")
        process = self._start("the tracker", program, "--listen", f"127.0.0.1:{port}",
                              "--operator-listen", "127.0.0.1:0", "--threads", "1", "--dial-rate", "0",
                              "--max-connections-per-address", "100000",
                              "--log-level", "warn", "--ports-file", ports, *options)
        with self._ending(process):
            yield Server(process, wait_for_ports(process, ports, ("listen",))["listen"])

    @contextlib.contextmanager
    def noop(self):
        ports = self._path("ports")
        process = self._start("the no-op server", self._bench_program("noop_server"),
                              "--ports-file", ports)
        with self._ending(process):
            yield Server(process, wait_for_ports(process, ports, ("listen",))["listen"])

    @contextlib.contextmanager
    def scheduling_tracker(self, *options):
        ports = self._path("ports")
        process = self._start("the scheduling tracker", self._bench_program("scheduling_tracker"),
                              "--ports-file", ports, *options)
        with self._ending(process):
            yield Server(process, wait_for_ports(process, ports, ("listen",))["listen"],
                         ("--protocol", "scheduling"))

    @contextlib.contextmanager
    def opentracker(self, *load_options):
        """Debian's, which serves the swarms on its list alone. Drops the rights of root by itself."""
        options = ("--protocol", "bittorrent", "--connection-per-call")
        folder = self._path("opentracker")
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        listed = subprocess.run(
            [self._bench_program("announce_load"), *options, *map(str, load_options),
             "--list-swarms"],
            capture_output=True, text=True, check=True, timeout=60).stdout
        with open(os.path.join(folder, "swarms"), "w", encoding="ascii") as out:
            out.write(listed)
        port = _free_port()
        # Root's opentracker changes its root folder to the one given, before it reads the list.
        swarms = "swarms" if os.geteuid() == 0 else os.path.join(folder, "swarms")
        process = self._start("opentracker", shutil.which("opentracker"), "-i", "127.0.0.1", "-p",
                              port, "-d", folder, "-u", "nobody", "-w", swarms)
        with self._ending(process):
            wait_until(lambda: _accepts(port), 10, "opentracker's port", process)
            yield Server(process, port, options)

    @contextlib.contextmanager
    def npm_tracker(self):
        port = _free_port()
        process = self._start("bittorrent-tracker", shutil.which("node"),
                              os.path.join(HERE, "npm_tracker.mjs"), NPM_FOLDER, port)
        with self._ending(process):
            wait_until(lambda: _accepts(port), 20, "bittorrent-tracker's port", process)
            yield Server(process, port, ("--protocol", "bittorrent"))

    # ---- the load ----

    def load(self, server, *options):
        """What announce_load measured, as its JSON. Raises Failed."""
        return self.end_load(self.begin_load(server, *options))

    def begin_load(self, server, *options):
        """A load under way; see end_load."""
        out = self._path("load.json")
        process = self._start("announce_load", self._bench_program("announce_load"), "--server",
                              server.address, "--server-pid", server.process.pid, "--json", out,
                              *server.options, *options, core=cores()[1])
        return process, out

    def end_load(self, load, seconds=0.0):
        """Waits for its end, for `seconds` and some more."""
        process, out = load
        with self._ending(process):
            if not process.wait(seconds + _GRACE_S):
                raise Failed("announce_load did not end in time")
        if process.exit_status != 0:
            raise Failed(f"announce_load ended with status {process.exit_status}: "
                         f"{process.log_tail(3)}")
        with open(out, encoding="ascii") as text:
            return json.load(text)

    # ---- the rest ----

    def member_table(self, members, family):
        """What member_table measured, as its JSON."""
        out = self._path("table.json")
        options = ("--ipv6",) if family == "ipv6" else ()
        process = self._start("member_table", self._bench_program("member_table"), "--members",
                              members, "--swarms", members // 1000, *options)
        with self._ending(process):
            if not process.wait(_GRACE_S):
                raise Failed("member_table did not end in time")
        if process.exit_status != 0:
            raise Failed(f"member_table ended with status {process.exit_status}: "
                         f"{process.log_tail(3)}")
        return json.loads(process.log_tail(1))

    def new_folder(self):
        folder = self._path("folder")
        os.mkdir(folder)
        return folder

    def _bench_program(self, name):
        return os.path.join(self._build_dir, "tests", "bench", name, name)

    def _path(self, name):
        self._count += 1
        return os.path.join(self._folder, f"{self._count}-{name}")

    def _start(self, name, *argv, core=None):
        core = cores()[0] if core is None else core
        process = Process(name, ["taskset", "-c", core, *argv], self._path("log"))
        self.running.append(process)
        return process

    @contextlib.contextmanager
    def _ending(self, process):
        try:
            yield
        finally:
            process.stop()
            self.running.remove(process)


def missing_opentracker():
    """Why it cannot be measured, or None."""
    return None if shutil.which("opentracker") else "opentracker is not installed (Debian has it)"


def missing_npm_tracker():
    if not shutil.which("node"):
        return "node is not installed"
    if not os.path.isdir(os.path.join(NPM_FOLDER, "node_modules", "bittorrent-tracker")):
        return "bittorrent-tracker is not in build/npm-tracker (tests/bench/README.md says how)"
    return None


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
