"""deploy/demo.sh once all is installed and built: sets the stage, runs, sums up, clears away."""

import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from demo import net, publish
from demo.cdn import Cdn
from demo.forward import Forwarder
from demo.measure import Run, Stage
from demo.options import HERE, ROOT, parse_options
from demo.processes import Failed, Process, stop_all, wait_until
from demo.summary import compare
from demo.table import Table

_OWN_PATH = "/live/stream.m3u8"
_CLIP = os.path.join(ROOT, "build", "demo", "clip-2000k-40s")
_LINE = {
    "cdn_share": "share of the bytes that came from the CDN",
    "floor": "  the least possible",
    "stalls": "stalls",
    "stall_seconds": "  seconds of them",
    "startup_median_s": "start-up, s (median)",
    "startup_added_s": "  added by the swarm",
    "latency_median_s": "latency, s (median)",
    "latency_added_s": "  added by the swarm",
    "corrupt_segments": "corrupt segments",
    "lost_segments": "lost segments",
    "client_rss_mb_max": "client: largest resident memory, MB",
    "client_cpu_s_per_100s": "client: CPU seconds in 100 s (mean)",
    "cdn_requests_per_segment": "CDN requests per segment",
    "tracker_bytes_per_viewer_minute": "tracker: bytes per viewer and minute",
}


class Demo:
    """Use as a context manager: however it is left, nothing stays behind."""

    def __init__(self, options):
        self.options = options
        self._cleanup = contextlib.ExitStack()
        self._stage = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if self._stage:
            stop_all([p for p in reversed(self._stage.processes) if p.running()], timeout=3.0)
        self._cleanup.close()

    def prepare(self):
        options = self.options
        folder = tempfile.mkdtemp(prefix="shoal-demo-")
        os.chmod(folder, 0o755)  # nginx, when started by root, reads as nobody
        if options.keep:
            self._cleanup.callback(lambda: print(f"logs are in {folder}"))
        else:
            self._cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        network = None
        if options.uplink:
            network = net.Network(options.viewers, options.uplink)
            self._cleanup.callback(network.destroy)
            network.create()
        self._stage = Stage(options, folder, "", _OWN_PATH, os.path.join(folder, "manifest"), None,
                            network)
        if options.stream:
            self._take_stream()
        else:
            self._make_stream()

    def measure(self, assignment):
        """One run; its Run and its RunResult."""
        table = Table(sys.stdout, sys.stdout.isatty())
        forwarders = contextlib.ExitStack()
        run = Run(self._stage, assignment, table,
                  lambda run: self._say_how_to_look(run, forwarders))
        with forwarders:
            result = run.measure()
        return run, result

    def _make_stream(self):
        stage = self._stage
        print("Making a test stream (2 Mbit/s, segments of 2 s) ...", flush=True)
        publish.encode_clip(_CLIP)
        root = os.path.join(stage.folder, "cdn-files")
        publisher = Process(
            "the publisher",
            [sys.executable, os.path.join(HERE, "publish.py"), "--root", root, "--clip", _CLIP,
             "--manifest", stage.manifest], os.path.join(stage.folder, "publisher.log"))
        stage.processes.append(publisher)
        wait_until(lambda: os.path.exists(root + _OWN_PATH), 20.0, "the stream", publisher)
        stage.playlist_file = root + _OWN_PATH
        folder = os.path.join(stage.folder, "cdn")
        os.mkdir(folder)
        place = stage.network.cdn if stage.network else None
        stage.cdn = Cdn(folder, root, place.address if place else "127.0.0.1",
                        place and place.name)
        self._cleanup.callback(stage.cdn.stop)
        stage.cdn.start()
        stage.origin = stage.cdn.origin

    def _take_stream(self):
        """Somebody else's stream: a player straight at it records what its segments should be."""
        stage = self._stage
        parts = urllib.parse.urlsplit(self.options.stream)
        stage.origin = f"{parts.scheme}://{parts.netloc}"
        stage.path = parts.path + (f"?{parts.query}" if parts.query else "")
        out = os.path.join(stage.folder, "witness.jsonl")
        witness = Process(
            "the player straight at the stream",
            [sys.executable, os.path.join(HERE, "player.py"), self.options.stream, "--record",
             stage.manifest, "--max-buffer", "90"], os.path.join(stage.folder, "witness.log"),
            stdout=out)
        stage.processes.append(witness)
        print(f"Waiting for {self.options.stream} ...", flush=True)
        wait_until(lambda: os.path.exists(stage.manifest), 30.0,
                   f"a first segment of {self.options.stream}", witness)

    def _say_how_to_look(self, run, forwarders):
        player, operator = run.viewers[0].port, run.tracker_ports["operator"]
        if self._stage.network:
            for_player = Forwarder(self._stage.network.viewers[0].name, "127.0.0.1", player)
            for_operator = Forwarder(self._stage.network.tracker.name, "127.0.0.1", operator)
            forwarders.callback(for_player.close)
            forwarders.callback(for_operator.close)
            player, operator = for_player.port, for_operator.port
        print(f"""
Watch it in a player of your own, through viewer 1's client:
  ffplay http://127.0.0.1:{player}{self._stage.path}
Ask that client:
  curl http://127.0.0.1:{player}/-/status
Ask the tracker:
  grpcurl -plaintext 127.0.0.1:{operator} shoal.v1.Operator/ListSwarms
  grpcurl -plaintext 127.0.0.1:{operator} shoal.v1.Operator/GetFigures
""", flush=True)


def say_figures(figures):
    off = figures.get("off")
    print(f"\n{'':42}{'with peers':>12}{'without':>12}" if off else "")
    for key, text in _LINE.items():
        if key not in figures:
            continue
        columns = f"{_show(key, figures[key]):>12}"
        if off and key in off:
            columns += f"{_show(key, off[key]):>12}"
        print(f"{text:42}{columns}")


def _show(key, value):
    if value is None:
        return "-"
    return f"{100 * value:.1f} %" if key in ("cdn_share", "floor") else f"{value}"


def run_demo(options):
    """The exit status."""
    with Demo(options) as demo:
        demo.prepare()
        run, result = demo.measure(options.assignment)
        figures, well, interrupted = result.figures(), result.all_well(), run.interrupted
        if options.compare and not interrupted:
            print("\nThe same again without peers.", flush=True)
            run, off = demo.measure("off")
            figures = compare(figures, off.figures())
            well, interrupted = well and off.all_well(), run.interrupted
        say_figures(figures)
        if wire := result.tracker_wire_bytes_per_viewer_minute():
            print(f"{'  on its wire, all headers included':42}{wire:>12}")
        if options.json == "-":
            print(json.dumps(figures, indent=2))
        elif options.json:
            with open(options.json, "w", encoding="ascii") as out:
                out.write(json.dumps(figures, indent=2) + "\n")
        if interrupted and options.seconds:
            return 128 + interrupted
        if not well:
            print("NOT every segment arrived whole, and as the CDN has it.", file=sys.stderr)
        return 0 if well else 1


def _interrupt(number, _frame):
    raise KeyboardInterrupt(number)


def main():
    options = parse_options()
    if options.check_options:
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return run_demo(options)
    except Failed as error:
        print(f"deploy/demo.sh: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        return 128 + (interrupt.args[0] if interrupt.args else signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
