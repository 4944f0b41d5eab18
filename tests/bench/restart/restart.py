"""Measures how soon a tracker that was killed answers, and knows its members, again.

    restart.py [--members N] [--swarms N] [--runs N] [--build-dir DIR] [--json FILE]

Each run fills a store with made-up members by a process that ends by SIGKILL, starts a tracker on it, and
announces a member every 20 ms from the moment of the start. Times count from then: the system's call that
starts the process.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [os.path.join(ROOT, "deploy"), os.path.join(ROOT, "tests", "support")]
import tracker_calls
from demo.processes import Failed, Process, wait_for_ports

GIVE_UP_S = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Announcer:
    """Announces again and again from `began` on; knows the first answer and the slowest."""

    def __init__(self, port, began):
        self._port, self._began = port, began
        self.first_s = self.slowest_s = 0.0
        self.first_was_warming = False

    def announce(self):
        asked = time.monotonic()
        try:
            answer = tracker_calls.announce(self._port, b"a bench's member", b"a bench's swarm.")
        except (Failed, OSError):
            return False
        now = time.monotonic()
        if not self.first_s:
            self.first_s, self.first_was_warming = now - self._began, answer["warming"]
        self.slowest_s = max(self.slowest_s, now - asked)
        return True


def restart_once(tracker, directory, members, folder):
    """The figures of one restart on the store in `directory`."""
    port, ports_file = free_port(), os.path.join(folder, "ports")
    began = time.monotonic()
    process = Process("tracker", [
        tracker, "--listen", f"127.0.0.1:{port}", "--operator-listen", "127.0.0.1:0",
        "--ports-file", ports_file, "--store", f"rocksdb:{directory}", "--max-members",
        2 * members, "--max-members-per-swarm", 2 * members], os.path.join(folder, "log"))
    try:
        announcer = Announcer(port, began)
        while not announcer.announce():
            process.require_running()
            time.sleep(0.001)
        operator = wait_for_ports(process, ports_file, ("operator",))["operator"]
        while (figures := tracker_calls.figures(operator))["warming"]:
            announcer.announce()
            time.sleep(0.02)
            if time.monotonic() - began > GIVE_UP_S:
                raise Failed("it does not get warm")
        back_s = time.monotonic() - began
        if figures["members"] != members + 1 or not figures["store"]["healthy"]:
            raise Failed(f"of {members} members and the bench's own: {figures}")
        return {"first_answer_s": announcer.first_s, "first_was_warming": announcer.first_was_warming,
                "back_s": back_s, "slowest_answer_s": announcer.slowest_s,
                "rss_mb": process.cost()[1], "restoring_s": figures["store"]["restoring_ms"] / 1000}
    finally:
        process.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--swarms", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "dev"))
    parser.add_argument("--json")
    options = parser.parse_args()
    runs = []
    for _ in range(options.runs):
        folder = tempfile.mkdtemp(prefix="shoal-restart-")
        try:
            directory = os.path.join(folder, "members")
            filled = subprocess.run(
                [os.path.join(options.build_dir, "tests", "bench", "restart", "shoal-fill-store"),
                 directory, str(options.members), str(options.swarms)], check=False)
            if filled.returncode != -9:
                return 1
            runs.append(restart_once(os.path.join(options.build_dir, "tracker", "shoal-tracker"),
                                     directory, options.members, folder))
        except Failed as failure:
            print(f"restart.py: {failure}", file=sys.stderr)
            return 1
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print("  ".join(f"{name}={value:.3f}" for name, value in runs[-1].items()), flush=True)
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print("median: " + "  ".join(f"{name}={value:.3f}" for name, value in median.items()))
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump({"members": options.members, "swarms": options.swarms, "runs": runs}, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
