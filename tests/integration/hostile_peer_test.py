"""Members of a swarm that break the rules: the others play on, untouched.

Each misbehaviour is tried on a swarm of its own (all at one CDN, told apart by --namespace): two
honest clients and one hostile peer, which sees every segment as soon as it is published and claims
the upload of a giant, so that everybody would like to pull from it.
"""

import json
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness
from demo.processes import Process
from demo.publish import read_manifest

SECONDS = 12


class HostilePeer:
    def __init__(self, test, cdn, tracker, namespace, behaviour):
        folder = test.subfolder(behaviour)
        self._out = os.path.join(folder, "out")
        self._cdn = cdn
        self._stopped = threading.Event()
        self.process = Process(
            f"the {behaviour} peer",
            [harness.support_program("hostile_peer"), "--tracker", tracker.address, "--swarm",
             harness.swarm_id(namespace, harness.PLAYLIST), "--behaviour", behaviour],
            os.path.join(folder, "log"), stdout=self._out, stdin=subprocess.PIPE)
        self._feeder = threading.Thread(target=self._feed, daemon=True)
        self._feeder.start()
        test.defer(self.stop)

    def stop(self):
        self._stopped.set()
        self._feeder.join()
        if self.process.running():
            self.process.kill()
        self.process.stdin.close()

    def saw(self):
        """What it last reported of itself."""
        with open(self._out, encoding="ascii") as out:
            lines = [line for line in out if line.endswith("\n")]
        return json.loads(lines[-1])

    def _feed(self):
        told = set()
        while not self._stopped.wait(0.05):
            for path, entry in read_manifest(self._cdn.manifest).items():
                if path not in told:
                    told.add(path)
                    line = f"{harness.segment_key(path)} {entry['bytes']} {self._cdn.root}{path}\n"
                    try:
                        self.process.stdin.write(line.encode())
                        self.process.stdin.flush()
                    except OSError:
                        return


class HostilePeerTest(harness.TestCase):
    def swarms(self, *behaviours):
        """{behaviour: (hostile peer, honest viewers, {figure: sum over viewers})}, played through
        and found intact."""
        cdn = self.live_cdn(size=200_000, duration=1.0)
        tracker = self.tracker()
        swarms = {}
        for behaviour in behaviours:
            peer = HostilePeer(self, cdn, tracker, behaviour, behaviour)
            viewers = [self.play(self.viewer(cdn.origin, tracker, "--namespace", behaviour,
                                             name=f"{behaviour}-{i}"), cdn) for i in range(2)]
            swarms[behaviour] = (peer, viewers)
        everyone = [viewer for _, viewers in swarms.values() for viewer in viewers]
        self.watch(everyone, SECONDS)
        result = {}
        for behaviour, (peer, viewers) in swarms.items():
            peer.process.require_running()
            statuses = [self.status_of(viewer) for viewer in viewers]
            figures = {name: sum(stream[name] for status in statuses
                                 for stream in status["streams"])
                       for name in ("misbehaviours", "bytes_from_peers", "rejects_received")}
            figures["misbehaved"] = sum(status["links"]["misbehaved"] for status in statuses)
            figures["rss_max"] = max(status["process"]["rss_max_bytes"] for status in statuses)
            result[behaviour] = (peer.saw(), figures)
        self.finish(everyone)
        self.assert_intact(everyone, segments=SECONDS - 2)
        self.assert_no_stall(everyone)
        for behaviour, (saw, figures) in result.items():
            self.assertGreater(saw["links"], 0, f"{behaviour}: nobody linked with it")
            # Whoever claims everything and says nothing costs the swarm what it shares: the CDN
            # steps in. All others must not even do that.
            if behaviour != "silent":
                self.assertGreater(figures["bytes_from_peers"], 200_000,
                                   f"{behaviour}: the honest ones no longer shared")
        return result

    def test_claims_what_it_does_not_hold(self):
        result = self.swarms("absent", "silent")
        saw, figures = result["absent"]
        self.assertGreater(saw["pulls_seen"], 0)
        self.assertGreater(figures["rejects_received"], 0)
        self.assertGreater(result["silent"][0]["pulls_seen"], 0)

    def test_answers_outside_the_range_asked_or_unasked(self):
        result = self.swarms("outside", "unasked")
        saw, figures = result["outside"]
        self.assertGreater(saw["pulls_seen"], 0)
        for behaviour in ("outside", "unasked"):
            self.assertGreater(result[behaviour][1]["misbehaviours"]
                               + result[behaviour][1]["misbehaved"], 0, behaviour)

    def test_stalls_in_mid_piece_or_lies_about_lengths(self):
        result = self.swarms("stall", "wrong-length")
        self.assertGreater(result["stall"][0]["pulls_seen"], 0)

    def test_floods(self):
        result = self.swarms("flood-progress", "flood-pulls")
        for behaviour, (_, figures) in result.items():
            if not harness.SANITIZED:
                self.assertLess(figures["rss_max"], 100e6, behaviour)

    def test_never_acknowledges(self):
        saw, _ = self.swarms("no-ack")["no-ack"]
        self.assertGreater(saw["bytes_seen"], 0)
        # What may be out without an acknowledgement is a quarter second of upload, a few times over
        # for links that were given up and dialled again: not a stream's worth.
        self.assertLess(saw["bytes_seen"], 200_000 * SECONDS / 2)

    def test_breaks_the_handshake(self):
        result = self.swarms("no-hello", "short-id", "other-version", "huge-message")
        self.assertIn("2", result["other-version"][0]["byes"])  # BYE_REASON_PROTOCOL


if __name__ == "__main__":
    harness.main()
