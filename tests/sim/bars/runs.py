"""Runs of shoal-sim, and the figures of several of them together."""
import json
import statistics
import subprocess
import threading

# shoal-sim's exit statuses that come with figures: fine, and an invariant was violated.
WITH_FIGURES = (0, 1)

_running = set()
_lock = threading.Lock()
_stopping = False


class RunError(Exception):
    """A run that gave no figures; says why."""


def help_of(program):
    try:
        return subprocess.run([program, "--help"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise RunError(f"cannot run {program}: {error}") from error


def simulate(program, scenario, viewers, seed, extra):
    """One run. Returns its JSON, with `complaint`: what it said of violated invariants."""
    command = [program, "--scenario", scenario, "--viewers", str(viewers), "--seed", str(seed),
               "--json", "-", *extra]
    try:
        with _lock:
            if _stopping:
                raise RunError("stopped")
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       text=True)
            _running.add(process)
    except OSError as error:
        raise RunError(f"cannot run {program}: {error}") from error
    try:
        out, err = process.communicate()
    finally:
        with _lock:
            _running.discard(process)
    if process.returncode not in WITH_FIGURES:
        raise RunError(f"{' '.join(command)} ended with status {process.returncode}: {err.strip()}")
    return {**json.loads(out), "complaint": err.strip()}


def stop_all():
    """Ends what runs, and whatever would still begin."""
    global _stopping
    with _lock:
        _stopping = True
        for process in _running:
            process.kill()


class Figures:
    """What the runs of one row came to."""

    def __init__(self, results):
        self.results = results

    def median(self, key):
        return statistics.median(result[key] for result in self.results)

    def worst(self, key):
        return max(result[key] for result in self.results)

    def complaints(self):
        return [result["complaint"] for result in self.results if result["violation_count"]]

    def broken_bars(self, limits, worst_factor):
        """What is beyond its bar, in words."""
        found = []
        for key, bar in limits.items():
            if not self.median(key) <= bar:
                found.append(f"{key}: median {self.median(key):.4g} is over {bar:g}")
            elif not self.worst(key) <= worst_factor * bar:
                found.append(f"{key}: worst {self.worst(key):.4g} is over {worst_factor:g} x "
                             f"{bar:g}")
        if self.complaints():
            found.append(f"invariants violated in {len(self.complaints())} runs")
        return found
