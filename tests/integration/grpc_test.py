"""The tracker as operators meet it: by a gRPC client that is not ours (buf curl, from npm)."""

import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness

BUF = (os.environ.get("BUF") or shutil.which("buf")
       or os.path.join(harness.ROOT, "build", "node", "node_modules", ".bin", "buf"))


class GrpcTest(harness.TestCase):
    def setUp(self):
        super().setUp()
        if not os.access(BUF, os.X_OK):
            self.skipTest("no buf: tests/install_packages.sh test could not install it from npm")
        self.run_tracker = self.tracker()

    def curl(self, *arguments, port=None):
        done = subprocess.run(
            [BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *arguments[:-1],
             f"http://127.0.0.1:{port or self.run_tracker.port}{arguments[-1]}"],
            capture_output=True, text=True, timeout=30, check=False,
            env={**os.environ, "HOME": self.folder})
        return done

    def methods(self, port):
        done = self.curl("--list-methods", "", port=port)
        self.assertEqual(done.returncode, 0, done.stderr)
        return set(done.stdout.split())

    def ask(self, method, request="{}", port=None):
        """By server reflection: buf has not seen our .proto files."""
        done = self.curl("-d", request, f"/{method}", port=port)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout or "{}")

    def test_reflection_lists_the_services(self):
        methods = self.methods(self.run_tracker.port)
        self.assertIn("shoal.v1.Tracker/Announce", methods)
        self.assertIn("grpc.health.v1.Health/Check", methods)
        self.assertNotIn("shoal.v1.Operator/ListSwarms", methods)
        for_operators = self.methods(self.run_tracker.operator_port)
        self.assertIn("shoal.v1.Operator/ListSwarms", for_operators)
        self.assertIn("grpc.channelz.v1.Channelz/GetServers", for_operators)

    def test_is_healthy(self):
        self.assertEqual(self.ask("grpc.health.v1.Health/Check"), {"status": "SERVING"})
        self.assertEqual(self.ask("grpc.health.v1.Health/Check",
                                  '{"service": "shoal.v1.Tracker"}'), {"status": "SERVING"})

    def test_tells_the_operator_who_watches(self):
        cdn = self.live_cdn(size=50_000)
        viewers = [self.play(self.viewer(cdn.origin, self.run_tracker), cdn) for _ in range(2)]
        for viewer in viewers:
            self.wait_for_segments(viewer, 4)
        operator = self.run_tracker.operator_port
        swarm = harness.swarm_id(cdn.authority, harness.PLAYLIST)
        swarms = self.ask("shoal.v1.Operator/ListSwarms", port=operator)
        self.assertEqual(swarms["swarms"], [{"swarmId": swarm, "members": 2}])
        described = self.ask("shoal.v1.Operator/DescribeSwarm", f'{{"swarm_id": "{swarm}"}}',
                             port=operator)
        self.assertEqual(described["dialableMembers"], 2)
        members = self.ask("shoal.v1.Operator/ListMembers", f'{{"swarm_id": "{swarm}"}}',
                           port=operator)["members"]
        self.assertEqual({m["peerId"] for m in members},
                         {self.status_of(viewer)["peer_id"] for viewer in viewers})
        figures = self.ask("shoal.v1.Operator/GetFigures", port=operator)
        self.assertEqual((figures["members"], figures["swarms"]), ("2", "1"))

    def test_names_the_field_that_breaks_a_limit(self):
        for request, word in (('{"peer_id": "YWJj"}', "peer_id"),
                              ('{"peer_id": "YWJjZGVmZ2hpamtsbW5vcA==", "port": 70000}', "port"),
                              ('{"peer_id": "YWJjZGVmZ2hpamtsbW5vcA==", "swarms": '
                               '[{"swarm_id": "YWJj"}]}', "swarm_id"),
                              ('{"peer_id": "YWJjZGVmZ2hpamtsbW5vcA==", "upload_class": 99}',
                               "upload_class")):
            with self.subTest(word):
                done = self.curl("-d", request, "/shoal.v1.Tracker/Announce")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("invalid_argument", done.stderr)
                self.assertIn(word, done.stderr)

    def test_an_unknown_swarm_is_not_found(self):
        done = self.curl("-d", f'{{"swarm_id": "{"0" * 32}"}}', "/shoal.v1.Operator/ListMembers",
                         port=self.run_tracker.operator_port)
        self.assertIn("not_found", done.stderr)


if __name__ == "__main__":
    harness.main()
