"""The programs' command lines, environment variables and configuration files."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import harness


def run(program, *arguments, **environment):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=20,
                          env={**os.environ, **environment}, check=False)


class OptionsTest(harness.TestCase):
    def test_help_names_every_option_with_its_environment_variable(self):
        for program, options in ((harness.CLIENT, (
                "origin", "tracker", "listen", "peer-listen", "state-dir", "assignment", "handoff",
                "max-upload", "cache-bytes", "namespace", "ignore-path", "share-private", "config",
                "log-level", "ports-file")), (harness.TRACKER, (
                    "listen", "operator-listen", "state-dir", "store", "repair", "config",
                    "log-level", "ports-file"))):
            done = run(program, "--help")
            self.assertEqual(done.returncode, 0)
            for option in options:
                self.assertIn(f"--{option}", done.stdout, program)
        self.assertIn("SHOAL_MAX_UPLOAD", run(harness.CLIENT, "--help").stdout)

    def test_wrong_options_are_a_clear_error_at_once(self):
        origin = ("--origin", "http://127.0.0.1:1")
        for arguments, word in (
                ((), "--origin"),
                (("--origin", "nonsense"), "--origin"),
                (("--origin", "http://h/path"), "--origin"),
                ((*origin, "--tracker", "no-port"), "--tracker"),
                ((*origin, "--listen", "127.0.0.1:99999"), "--listen"),
                ((*origin, "--max-upload", "fast"), "--max-upload"),
                ((*origin, "--cache-bytes", "-1"), "--cache-bytes"),
                ((*origin, "--handoff", "never"), "--handoff"),
                ((*origin, "--ignore-path", "("), "--ignore-path"),
                ((*origin, "--no-such-option"), "--no-such-option"),
                ((*origin, "--config", "/no/such/file"), "/no/such/file")):
            with self.subTest(arguments):
                done = run(harness.CLIENT, *arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertGreater(done.returncode, 0, "died of a signal")
                self.assertIn(word, done.stderr)
                self.assertLess(len(done.stderr.splitlines()), 15, done.stderr)

    def test_a_port_that_is_taken_is_a_clear_error(self):
        tracker = self.tracker()
        done = run(harness.TRACKER, "--listen", tracker.address, "--operator-listen",
                   "127.0.0.1:0")
        self.assertGreater(done.returncode, 0)
        self.assertIn(str(tracker.port), done.stderr + done.stdout)

    def test_flags_beat_the_environment_which_beats_the_file(self):
        config = os.path.join(self.folder, "client.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write('origin = "http://127.0.0.1:9"\nhandoff = "request"\n'
                       'cache-bytes = "8MiB"\nnamespace = "file"\nmax-upload = "1Mbit"\n')
        os.environ.update(SHOAL_CACHE_BYTES="16MiB", SHOAL_NAMESPACE="environment",
                          SHOAL_CONFIG=config)
        self.addCleanup(lambda: [os.environ.pop(f"SHOAL_{name}") for name in
                                 ("CACHE_BYTES", "NAMESPACE", "CONFIG")])
        viewer = self.viewer("http://127.0.0.1:10", None, "--namespace", "flag")
        options = self.status_of(viewer)["options"]
        self.assertEqual(options["origin"], "http://127.0.0.1:10")
        self.assertEqual(options["handoff"], "request")
        self.assertEqual(options["max_upload_bytes_per_second"], 125_000)
        self.assertEqual(options["cache_bytes"], 16 << 20)
        self.assertEqual(options["namespace"], "flag")

    def test_versions(self):
        for program in (harness.CLIENT, harness.TRACKER):
            done = run(program, "--version")
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")


if __name__ == "__main__":
    harness.main()
