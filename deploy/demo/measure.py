"""One run: a tracker, viewers that join one after the other, the table, and what came of it."""

import collections
import os
import time

from demo import grpc, net
from demo.cdn import Traffic
from demo.processes import Failed, Process, stop_all, wait_for_ports
from demo.publish import SEGMENT_SECONDS
from demo.summary import RunResult, ViewerResult
from demo.table import Row
from demo.viewer import Viewer

_POLL_S = 1.0
_UPLOAD_OVER_POLLS = 5
_PHASE_S = 0.25  # after a segment was published, so that no join falls on the very moment


class Run:
    """One Plan carried out on a Stage. REQUIRES: measure() is called once. Raises Failed if a
    process ends that should not."""

    def __init__(self, stage, plan, table, announce=lambda run: None):
        """`announce(run)` is called once the first viewer is there."""
        self.plan = plan
        self.viewers = []
        self.tracker = None
        self.tracker_ports = {}
        self.interrupted = None   # the signal that ended it before its time
        self._stage = stage
        self._table = table
        self._announce = announce
        self._folder = os.path.join(stage.folder, plan.assignment)
        self._begin = 0.0
        self._traffic_before = Traffic()
        self._uploads = {}
        self._vanish = list(plan.vanish)
        os.makedirs(self._folder, exist_ok=True)

    def measure(self):
        """Runs until its time is over or a signal ends it (KeyboardInterrupt with its number)."""
        stage = self._stage
        self._start_tracker()
        self._traffic_before = stage.cdn.traffic() if stage.cdn else Traffic()
        wire_before = self._tracker_wire_bytes()
        try:
            self._wait_for_phase()
            self._begin = time.monotonic()
            self._watch()
        except KeyboardInterrupt as interrupt:
            self.interrupted = interrupt.args[0]
        for viewer in self.viewers:
            viewer.ended()
        stop_all([v.player for v in self.viewers if v.player and not v.gone])
        for viewer in self.viewers:
            viewer.poll()
        tracker_bytes = self._tracker_bytes()
        tracker_wire_bytes = self._tracker_wire_bytes() - wire_before
        self._draw()
        self._table.leave()
        stop_all([v.client for v in self.viewers if not v.gone])
        stop_all([self.tracker])
        return self._result(tracker_bytes, tracker_wire_bytes)

    # ---- while it runs ----

    def _start_tracker(self):
        network = self._stage.network
        ports = os.path.join(self._folder, "tracker.ports")
        self.tracker = Process(
            "the tracker",
            [self._stage.program("tracker", "shoal-tracker"), "--listen",
             "0.0.0.0:0" if network else "127.0.0.1:0", "--operator-listen", "127.0.0.1:0",
             "--ports-file", ports],
            os.path.join(self._folder, "tracker.log"), network and network.tracker.name)
        self._stage.processes.append(self.tracker)
        self.tracker_ports = wait_for_ports(self.tracker, ports, ("listen", "operator"))

    def _wait_for_phase(self):
        """Begins at the same moment between two segments in every run: how far behind the live a
        player starts depends on it, and would hide what the swarm adds."""
        if self._stage.playlist_file:
            published = os.stat(self._stage.playlist_file).st_mtime
            time.sleep((published + _PHASE_S - time.time()) % SEGMENT_SECONDS)

    def _watch(self):
        plan = self.plan
        next_poll = time.monotonic()
        while not plan.seconds or self._elapsed() < plan.seconds:
            if (len(self.viewers) < len(plan.joins)
                    and self._elapsed() >= plan.joins[len(self.viewers)]):
                self._join()
                if len(self.viewers) == 1:
                    self._announce(self)
            while self._vanish and self._elapsed() >= self._vanish[0][0]:
                self.viewers[self._vanish.pop(0)[1]].vanish()
            if time.monotonic() >= next_poll:
                next_poll = time.monotonic() + _POLL_S
                self._poll()
                self._draw()
            time.sleep(0.05)

    def _elapsed(self):
        return time.monotonic() - self._begin

    def _join(self):
        stage = self._stage
        place = stage.network.viewers[len(self.viewers)] if stage.network else None
        name = str(len(self.viewers) + 1)
        viewer = Viewer(f"viewer {name}", os.path.join(self._folder, f"viewer-{name}"),
                        place and place.name, place.address if place else "127.0.0.1")
        tracker = (f"{stage.network.tracker.address if stage.network else '127.0.0.1'}:"
                   f"{self.tracker_ports['listen']}")
        try:
            viewer.start_client(stage.program("client", "shoal-client"), stage.origin, tracker,
                                f"--assignment={self.plan.assignment}",
                                f"--handoff={self.plan.handoff}")
            viewer.start_player(viewer.url(stage.path), "--manifest", stage.manifest)
        finally:
            stage.processes += [p for p in (viewer.client, viewer.player) if p]
        self.viewers.append(viewer)

    def _poll(self):
        self.tracker.require_running()
        for viewer in self.viewers:
            if viewer.gone:
                continue
            viewer.poll()
            viewer.client.require_running()
            if not viewer.events.ended:
                viewer.player.require_running()
            uploads = self._uploads.setdefault(
                viewer.name, collections.deque(maxlen=_UPLOAD_OVER_POLLS + 1))
            uploads.append((time.monotonic(), viewer.status.to_peers))

    def _draw(self):
        plan = self.plan
        clock = f"{int(self._elapsed()) // 60}:{int(self._elapsed()) % 60:02d}"
        if plan.seconds:
            clock += f" of {int(plan.seconds) // 60}:{int(plan.seconds) % 60:02d}"
        there = sum(not viewer.gone for viewer in self.viewers)
        title = (f"{clock}  {there} of {len(plan.joins)} viewers, "
                 + ("no peers" if plan.assignment == "off" else f"hand-off: {plan.handoff}"))
        result = self._result()
        total = "nothing delivered so far"
        if result.delivered():
            figures = result.figures()
            total = (f"CDN share {100 * figures['cdn_share']:.1f} % (floor "
                     f"{100 * figures['floor']:.1f} %), {figures['stalls']} stalls, "
                     f"{figures['lost_segments']} lost, {figures['corrupt_segments']} corrupt")
        self._table.draw(title, [self._row(viewer) for viewer in self.viewers], total)

    def _row(self, viewer):
        events, status = viewer.events, viewer.status
        buffered = (None if events.buffered_until is None
                    else max(0.0, events.buffered_until - time.monotonic()))
        return Row(viewer.name.split()[-1], status.from_cdn, status.from_peers,
                   self._upload(viewer.name), status.links, events.stalls, events.stall_seconds,
                   events.latency, buffered)

    def _upload(self, name):
        uploads = self._uploads.get(name)
        if not uploads or len(uploads) < 2:
            return 0.0
        (begin, sent_before), (end, sent) = uploads[0], uploads[-1]
        return 8 * (sent - sent_before) / (end - begin)

    # ---- what came of it ----

    def _tracker_bytes(self):
        network = self._stage.network
        try:
            figures = grpc.tracker_figures("127.0.0.1", self.tracker_ports["operator"],
                                           network and network.tracker.name)
        except Failed:
            return 0
        return figures["bytes_received"] + figures["bytes_sent"]

    def _tracker_wire_bytes(self):
        network = self._stage.network
        return net.interface_bytes(network.tracker.name) if network else 0

    def _result(self, tracker_bytes=0, tracker_wire_bytes=0):
        if self._stage.cdn:
            traffic = self._stage.cdn.traffic() - self._traffic_before
            cdn_bytes, cdn_requests = traffic.segment_bytes, traffic.segment_requests
        else:
            cdn_bytes = sum(viewer.status.from_cdn for viewer in self.viewers)
            cdn_requests = sum(viewer.status.cdn_requests for viewer in self.viewers)
        lines = self._stage.lines or [net.Line()] * len(self.viewers)
        return RunResult([_viewer_result(viewer, line.uplink)
                          for viewer, line in zip(self.viewers, lines)],
                         cdn_bytes, cdn_requests, tracker_bytes, tracker_wire_bytes)


def _viewer_result(viewer, uplink):
    events = viewer.events
    cpu_seconds, rss_mb = viewer.client.cost()
    return ViewerResult(events.segments, events.received, events.bytes, viewer.seconds(),
                        events.startup, events.latency, events.stalls, events.stall_seconds,
                        events.lost, events.corrupt, cpu_seconds, rss_mb, uplink)
