"""Child processes that never outlive this one, and what they cost.

Every child runs in a session of its own, so that Ctrl-C reaches only the demo, which then ends them
in order. The kernel kills a child whose parent has died without doing so (PR_SET_PDEATHSIG).

Threads: start processes on the main thread only; the kernel takes the death of the starting thread
for the death of the parent.
"""

import ctypes
import os
import signal
import subprocess
import time

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """Something that the demo needs did not work; the message is for the user."""


def _die_with_parent():
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child. `namespace` names the network namespace to run it in; None: this one.

    Standard output goes to `stdout` (a path) if given, all else that it writes to `log` (a path).
    """

    def __init__(self, name, argv, log, namespace=None, stdout=None, env=None, stdin=None):
        self.name = name
        self.log = log
        self.stdout = stdout
        self.expected_to_end = False
        self._last_cost = (0.0, 0.0)
        argv = [str(a) for a in argv]
        if namespace:
            argv = ["ip", "netns", "exec", namespace, *argv]
        with open(log, "ab") as log_file, open(stdout or os.devnull, "ab") as out_file:
            self._popen = subprocess.Popen(
                argv, stdin=stdin if stdin is not None else subprocess.DEVNULL,
                stdout=out_file if stdout else log_file, stderr=log_file,
                env={**os.environ, **(env or {})}, start_new_session=True,
                preexec_fn=_die_with_parent)
        self.pid = self._popen.pid
        self.stdin = self._popen.stdin
        self.started = time.monotonic()

    def running(self):
        return self._popen.poll() is None

    @property
    def exit_status(self):
        """None while running; negative: the signal that ended it."""
        return self._popen.poll()

    def signal(self, number):
        if self.running():
            os.kill(self.pid, number)

    def kill(self):
        """SIGKILL, and waits until it is gone."""
        self.expected_to_end = True
        self.signal(signal.SIGKILL)
        self._popen.wait()

    def wait(self, timeout):
        """True once it has ended by itself within `timeout` seconds."""
        try:
            self._popen.wait(timeout)
            return True
        except subprocess.TimeoutExpired:
            return False

    def stop(self, timeout=5.0):
        """SIGTERM, after `timeout` seconds SIGKILL. Returns the seconds it took to end."""
        self.cost()
        self.expected_to_end = True
        begin = time.monotonic()
        self.signal(signal.SIGTERM)
        if not self.wait(timeout):
            self.kill()
        return time.monotonic() - begin

    def cost(self):
        """(CPU seconds, largest resident size in MB) so far; the last known once it has ended."""
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
            cpu = (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
            with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as status:
                peak = [line for line in status if line.startswith("VmHWM:")]
            if peak:
                self._last_cost = (cpu, int(peak[0].split()[1]) * 1024 / 1e6)
        except (OSError, IndexError, ValueError):
            pass
        return self._last_cost

    def log_tail(self, lines=15):
        return _tail(self.log, lines)

    def stdout_tail(self, lines=15):
        return _tail(self.stdout, lines) if self.stdout else ""

    def require_running(self):
        if not self.running():
            raise Failed(f"{self.name} ended with status {self.exit_status}; the last it said:\n"
                         f"{self.log_tail()}")


def _tail(path, lines):
    try:
        with open(path, encoding="utf-8", errors="replace") as text:
            return "".join(text.readlines()[-lines:])
    except OSError:
        return ""


def wait_until(condition, timeout, what, process=None):
    """Calls `condition` until it returns something true, which it returns.

    Raises Failed after `timeout` seconds, or as soon as `process` has ended.
    """
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if process is not None:
            process.require_running()
        if time.monotonic() >= deadline:
            said = f"; {process.name} last said:\n{process.log_tail()}" if process else ""
            raise Failed(f"waited {timeout:g} s in vain for {what}{said}")
        time.sleep(0.02)


def wait_for_ports(process, path, names, timeout=15.0):
    """Reads the lines NAME=PORT that a program writes to its --ports-file; a dict of them."""
    def read():
        try:
            with open(path, encoding="ascii") as ports_file:
                ports = dict(line.strip().split("=", 1) for line in ports_file if "=" in line)
        except (OSError, ValueError):
            return None
        return {n: int(ports[n]) for n in names} if all(n in ports for n in names) else None

    return wait_until(read, timeout, f"the ports of {process.name}", process)


def stop_all(processes, timeout=5.0):
    """Stops all of them at once and waits for all. Returns (name, seconds) of the slowest."""
    for process in processes:
        process.cost()
        process.expected_to_end = True
        process.signal(signal.SIGTERM)
    begin = time.monotonic()
    slowest = ("", 0.0)
    for process in processes:
        if not process.wait(max(0.0, begin + timeout - time.monotonic())):
            process.kill()
        slowest = max(slowest, (process.name, time.monotonic() - begin), key=lambda s: s[1])
    return slowest
