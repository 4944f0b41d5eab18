"""deploy/demo.sh once all is installed and built: sets the stage, runs, sums up, clears away."""

import contextlib
import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from demo.closing import say_figures
from demo.forward import Forwarder
from demo.measure import Run
from demo.net import Line
from demo.options import parse_options
from demo.plan import Plan, evenly
from demo.processes import Failed
from demo.stage import Stage
from demo.summary import compare
from demo.table import Table


class Demo:
    """The runs of one demo on one stage."""

    def __init__(self, options, stage):
        self._stage = stage
        self._plan = Plan(evenly(options.viewers, options.join_over), options.seconds,
                          handoff=options.handoff)

    def measure(self, assignment):
        """One run; its Run and its RunResult."""
        table = Table(sys.stdout, sys.stdout.isatty())
        forwarders = contextlib.ExitStack()
        run = Run(self._stage, self._plan.but(assignment=assignment), table,
                  lambda run: self._say_how_to_look(run, forwarders))
        with forwarders:
            result = run.measure()
        return run, result

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


def run_demo(options):
    """The exit status."""
    lines = [Line(options.uplink)] * options.viewers if options.uplink else None
    with Stage(options.build_dir, lines, keep=options.keep) as stage:
        if options.stream:
            stage.take_stream(options.stream)
        else:
            stage.make_stream()
        demo = Demo(options, stage)
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
