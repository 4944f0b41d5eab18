#!/usr/bin/env python3
"""Tests of trace_compare.py, with programs that only pretend to simulate."""
import contextlib
import io
import os
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import trace_compare as trace


class TraceTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def program(self, name, body):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{body}\n")
        os.chmod(path, 0o755)
        return path

    def simulator(self, name, digest):
        return self.program(name, f"echo '{{\"trace\": \"{digest}\"}}'")

    def status(self, *arguments):
        self.out = io.StringIO()
        with mock.patch.object(sys, "argv", ["trace_compare.py", *arguments]), \
                contextlib.redirect_stdout(self.out), contextlib.redirect_stderr(io.StringIO()):
            try:
                return trace.main()
            except SystemExit as end:
                return end.code

    def test_equal_programs_pass(self):
        self.assertEqual(self.status(self.simulator("a", "1f"), "--other",
                                     self.simulator("b", "1f")), 0)
        self.assertNotIn("not compared", self.out.getvalue())

    def test_another_digest_fails_and_names_the_program(self):
        other = self.simulator("b", "2e")
        self.assertEqual(self.status(self.simulator("a", "1f"), "--other", other), 1)
        self.assertIn(f"2e  {other} --scenario", self.out.getvalue())

    def test_a_program_that_differs_from_itself_fails(self):
        self.assertEqual(self.status(self.program("a", "echo \"{\\\"trace\\\": \\\"$$\\\"}\"")), 1)

    def test_a_program_older_than_the_sources_is_left_out(self):
        other = self.simulator("b", "2e")
        os.utime(other, (1, 1))
        self.assertEqual(self.status(self.simulator("a", "1f"), "--other", other), 0)
        self.assertIn("older than the sources", self.out.getvalue())

    def test_a_program_that_is_not_there_is_left_out(self):
        self.assertEqual(self.status(self.simulator("a", "1f"), "--other", "/no/such"), 0)
        self.assertIn("is not there", self.out.getvalue())

    def test_a_program_that_fails_is_told(self):
        self.assertEqual(self.status(self.program("a", "exit 2")), 2)


if __name__ == "__main__":
    unittest.main()
