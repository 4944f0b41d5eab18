"""The parts of tests/bench/tracker.sh: each measures some of its figures, once, with servers of its
own. See README.md for what they are."""

import time

from bench import tracker_figures as figures
from bench import tracker_servers

# A swarm large enough for handouts of 50, small enough for its members to stay in the cache.
_MEMBERS = ("--members", 10_000, "--swarm-size", 1000)
# The same, each announce answered with a whole handout, as to a client without a cookie.
_WHOLE = (*_MEMBERS, "--no-cookies")
# In which each of the members announces itself more than once, also in batches.
_TELLING_SECONDS = 4.0
_IDLE_RATE = 0.8  # a call, and then more than a second of nothing
_IDLE_SECONDS = 30.0
# As many members as announce so often at the shortest interval that the tracker tells.
_PERSISTENCE_RATE = 20_000
_PERSISTENCE_SHARE = 0.8  # of the capacity, at most: beyond, the load measures a queue
_PERSISTENCE_INTERVAL_S = 15.0
_PERSISTENCE_STAY_INTERVALS = 20  # five minutes
_TABLE_MEMBERS = (1_000_000, 5_000_000)
_HOSTILE_KINDS = ("garbage", "short-id", "many-swarms", "twice", "huge", "forwarded")
_HOSTILE_SECONDS = 3.0  # of each, or less
_RESTART_MEMBERS = 50_000
_RESTART_CONNECTIONS = 5000
_RESTART_INTERVAL_S = _RESTART_MEMBERS / 1000  # at the tracker's default --announce-rate


class Parts:
    """`seconds`: how long each load lasts. `say(text)` tells where it is."""

    def __init__(self, workshop, seconds, say):
        self._workshop = workshop
        self._seconds = seconds
        self._say = say
        self._capacity = None  # announces per CPU second, the last measured
        self._rocksdb_first = False

    def _load(self, server, *options, seconds=None, warm_up=1.0):
        return self._workshop.load(server, "--warm-up", f"{warm_up}s", "--measure",
                                   f"{seconds or self._seconds}s", *options)

    def _saturate(self, server, connections, streams, *options):
        return self._load(server, "--connections", connections, "--streams", streams,
                          *(options or _WHOLE))

    def _refresh(self, server, connections, streams, *options):
        """As _saturate, with cookies; what joining has changed all have been told before."""
        return self._load(server, "--connections", connections, "--streams", streams, *_MEMBERS,
                          *options, warm_up=_TELLING_SECONDS)

    def capacity(self):
        self._say("32 connections of 16 calls: the tracker, then the no-op server")
        with self._workshop.tracker() as server:
            ours = self._saturate(server, 32, 16)
        with self._workshop.noop() as server:
            floor = self._saturate(server, 32, 16)
        result = figures.capacity(ours, floor)
        self._capacity = result["announces_per_cpu_s"]
        return result

    def refreshes(self):
        self._say("32 connections of 16 calls, of members that send their cookies back")
        with self._workshop.tracker() as server:
            ours = self._refresh(server, 32, 16)
        return {"refreshes_per_cpu_s": figures.per_cpu_s(ours)}

    def connections(self):
        self._say("1000 connections of one call")
        with self._workshop.tracker() as server:
            ours = self._saturate(server, 1000, 1)
        return {"announces_per_cpu_s_1000_connections": figures.per_cpu_s(ours)}

    def batches(self):
        self._say("announces of 16 swarms each: refreshes, then whole handouts")
        with self._workshop.tracker() as server:
            refreshes = self._refresh(server, 32, 4, "--swarms", 16)
        with self._workshop.tracker() as server:
            whole = self._saturate(server, 32, 4, *_WHOLE, "--swarms", 16)
        return {"batched_memberships_per_cpu_s": figures.memberships_per_cpu_s(refreshes),
                "batched_whole_handouts_per_cpu_s": figures.memberships_per_cpu_s(whole)}

    def table(self):
        self._say("memory of 1 M and of 5 M members, and their expiry")
        tables = {(members, family): self._workshop.member_table(members, family)
                  for members in _TABLE_MEMBERS for family in ("ipv4", "ipv6")}
        return figures.table(tables)

    def _known_capacity(self):
        if self._capacity is None:
            self.capacity()
        return self._capacity

    def latency(self):
        rate = round(self._known_capacity() / 2)
        self._say(f"open loop, {rate} announces a second")
        with self._workshop.tracker() as server:
            half = self._load(server, "--mode", "paced", "--rate", rate, "--connections", 1000,
                              "--streams", 1, *_WHOLE)
        return {"half_load_per_s": rate, "p99_half_load_ms": round(half["latency_ms"]["p99"], 2)}

    def persistence(self):
        """Members that come, tell what they upload, and go, as in a swarm where one stays for five
        minutes. A load of less than five seconds has time pass faster, for fewer members."""
        rate = round(min(_PERSISTENCE_RATE, _PERSISTENCE_SHARE * self._known_capacity()))
        interval = min(_PERSISTENCE_INTERVAL_S, 3 * self._seconds)
        members = round(rate * interval)
        loads = {}
        stores = {"memory": "memory", "rocksdb": f"rocksdb:{self._workshop.new_folder()}/members"}
        # By turns, since a machine is rarely as fast after a while as before.
        for name in sorted(stores, reverse=self._rocksdb_first):
            self._say(f"{rate} announces a second of {members} members, kept by {name}")
            with self._workshop.tracker("--store", stores[name], "--announce-rate", rate,
                                        "--max-members", 2 * members) as server:
                loads[name] = self._load(
                    server, "--mode", "paced", "--rate", rate, "--connections", 32, "--members",
                    members, "--swarm-size", 1000, "--stay",
                    f"{interval * _PERSISTENCE_STAY_INTERVALS}s", seconds=2 * self._seconds,
                    warm_up=interval)
        self._rocksdb_first = not self._rocksdb_first
        return figures.persistence(loads["memory"], loads["rocksdb"])

    def idle(self):
        self._say(f"one announce after each idle second, {_IDLE_SECONDS:.0f} s")
        with self._workshop.tracker() as server:
            rare = self._load(server, "--mode", "paced", "--rate", _IDLE_RATE, *_WHOLE,
                              seconds=_IDLE_SECONDS)
        return {"p99_after_idle_ms": round(rare["latency_ms"]["p99"], 2)}

    def memory(self):
        result = {}
        for connections in (10_000, 16_000):
            self._say(f"memory of {connections} open connections")
            with self._workshop.tracker() as server:
                load = self._load(server, "--mode", "paced", "--rate", 100, "--connections",
                                  connections, "--streams", 1, "--members", connections,
                                  "--swarm-size", 1000, seconds=1.0)
            found = load["server"]["bytes_per_connection"]
            result[f"bytes_per_connection_{connections}"] = None if found is None else round(found)
        known = [value for value in result.values() if value is not None]
        return {**result, "bytes_per_connection": max(known, default=None)}

    def opentracker(self):
        return self._other("opentracker", self._workshop.opentracker(
            "--connections", 512, "--streams", 1, *_WHOLE))

    def npm(self):
        return self._other("npm_tracker", self._workshop.npm_tracker())

    def _other(self, name, running):
        self._say(f"{name} over HTTP, then the tracker: 512 connections of one call")
        with running as server:
            theirs = self._saturate(server, 512, 1)
        with self._workshop.tracker() as server:
            ours = self._saturate(server, 512, 1)
        found = figures.per_cpu_s(theirs)
        return {f"{name}_announces_per_cpu_s": found,
                f"times_{name}_http": figures.times(figures.per_cpu_s(ours), found)}

    def hostile(self):
        self._say("hostile announces of each kind: the tracker, then the no-op server")
        loads = {}
        for kind in _HOSTILE_KINDS:
            options = ("--hostile", kind, "--no-fill", "--connections", 32, "--streams", 16)
            seconds = min(self._seconds, _HOSTILE_SECONDS)
            with self._workshop.tracker("--trusted-proxy", "127.0.0.0/8") as server:
                ours = self._load(server, *options, seconds=seconds)
            # What is no message gRPC refuses by itself; all else the no-op server answers.
            status = 13 if kind == "garbage" else 0
            with self._workshop.noop() as server:
                floor = self._load(server, *options, "--expect-status", status, seconds=seconds)
            loads[kind] = ours, floor
        return figures.hostile(loads)

    def restart(self):
        """The members come within one interval, settle in another and a half, and then the tracker
        is restarted, with what it has stored."""
        settled, before, after = (_RESTART_INTERVAL_S * n for n in (2.5, 0.25, 1.75))
        self._say(f"restart under {_RESTART_MEMBERS} members, {settled + before + after:.0f} s")
        options = ("--state-dir", self._workshop.new_folder())
        with self._workshop.tracker(*options) as server:
            begin = time.monotonic()
            load = self._workshop.begin_load(
                server, "--mode", "members", "--members", _RESTART_MEMBERS, "--connections",
                _RESTART_CONNECTIONS, "--join-over", f"{_RESTART_INTERVAL_S}s", "--warm-up",
                f"{settled}s", "--measure", f"{before + after}s")
            port = server.port
            try:
                time.sleep(settled + before)
            except BaseException:
                load[0].stop()
                raise
        with self._workshop.tracker(*options, port=port):
            left = begin + settled + before + after - time.monotonic()
            result = self._workshop.end_load(load, left)
        return figures.restart(result, _RESTART_MEMBERS, _RESTART_INTERVAL_S)


# In the order in which a round carries them out. `missing()`: why it cannot be, or None.
ALL = {
    "capacity": None, "refreshes": None, "connections": None, "batches": None, "latency": None,
    "persistence": None, "idle": None, "memory": None, "table": None, "opentracker": tracker_servers.missing_opentracker,
    "npm": tracker_servers.missing_npm_tracker, "hostile": None, "restart": None}
# One round of these is enough: they vary little, and take long.
ONCE = ("memory", "table", "restart")
