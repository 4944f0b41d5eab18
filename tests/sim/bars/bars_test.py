"""bars.py against a program that claims to be shoal-sim."""
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

# Its figures depend on the arguments alone: the CDN's share is the seed in per cent.
FAKE = '''\
    #!{python}
    import json, sys
    if "--help" in sys.argv:
        print("  --assignment lottery|off\\n      How.")
        sys.exit(0)
    options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    if options["--scenario"] == "missing":
        print("shoal-sim: there is no scenario", file=sys.stderr)
        sys.exit(2)
    seed = int(options["--seed"])
    broken = options["--scenario"] == "broken"
    if broken:
        print("violation; --seed %d" % seed, file=sys.stderr)
    print(json.dumps({{
        "cdn_share": 1.0 if options.get("--assignment") == "off" else seed / 100,
        "floor": 0.005, "stall_seconds_per_viewer_hour": 0.0, "startup_median_s": 0.2,
        "latency_median_s": 6.0, "waste_share": 0.01, "control_share": 0.01,
        "cdn_requests_per_segment": 1.1, "upload_over_cap_max": 0.0,
        "violation_count": int(broken)}}))
    sys.exit(1 if broken else 0)
'''


class BarsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.program = os.path.join(self.folder, "shoal-sim")
        with open(self.program, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(FAKE).format(python=sys.executable))
        os.chmod(self.program, 0o755)

    def run_bars(self, rows, *arguments):
        bars = os.path.join(self.folder, "bars.json")
        with open(bars, "w", encoding="utf-8") as file:
            json.dump({"worst_factor": 1.5, "common": {"waste_share": 0.02}, "rows": rows}, file)
        return subprocess.run(
            [sys.executable, "-B", os.path.join(HERE, "bars.py"), "--program", self.program,
             "--bars", bars, *arguments], capture_output=True, text=True, timeout=50)

    def test_a_row_holds_whose_median_and_worst_are_within(self):
        done = self.run_bars([{"scenario": "a", "viewers": 8, "cdn_share": 0.034}])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"a, 8 +3\.00 +5\.00 +3\.40 .* yes")
        self.assertIn("All 1 rows hold.", done.stdout)

    def test_a_median_beyond_its_bar_fails(self):
        done = self.run_bars([{"scenario": "a", "viewers": 8, "cdn_share": 0.029},
                              {"scenario": "b", "viewers": 8, "cdn_share": 0.1}])
        self.assertEqual(done.returncode, 1)
        self.assertIn("cdn_share: median 0.03 is over 0.029", done.stdout)
        self.assertIn("1 of 2 rows do not hold: a, 8", done.stdout)

    def test_a_worst_beyond_one_and_a_half_bars_fails(self):
        done = self.run_bars([{"scenario": "a", "viewers": 8, "cdn_share": 0.033}])
        self.assertEqual(done.returncode, 1)
        self.assertIn("cdn_share: worst 0.05 is over 1.5 x 0.033", done.stdout)

    def test_a_row_may_tighten_what_is_common(self):
        done = self.run_bars([{"scenario": "a", "viewers": 8, "waste_share": 0.001}])
        self.assertEqual(done.returncode, 1)
        self.assertIn("waste_share: median 0.01 is over 0.001", done.stdout)

    def test_a_violated_invariant_fails_and_tells_how_to_see_it(self):
        done = self.run_bars([{"scenario": "broken", "viewers": 8, "cdn_share": 1}], "--seeds", "2")
        self.assertEqual(done.returncode, 1)
        self.assertIn("invariants violated in 2 runs", done.stdout)
        self.assertIn("--seed 2", done.stdout)

    def test_a_run_that_fails_ends_all(self):
        done = self.run_bars([{"scenario": "missing", "viewers": 8, "cdn_share": 1}])
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no scenario", done.stderr)

    def test_rows_can_be_chosen(self):
        rows = [{"scenario": name, "viewers": viewers, "cdn_share": 1}
                for name in ("a", "b") for viewers in (8, 50)]
        for arguments, expected in ((("--only", "a"), {"a, 8", "a, 50"}),
                                    (("--only", "a/50", "--only", "b/8"), {"a, 50", "b, 8"}),
                                    (("--max-viewers", "8"), {"a, 8", "b, 8"})):
            with self.subTest(arguments):
                done = self.run_bars(rows, "--seeds", "1", *arguments)
                self.assertEqual(done.returncode, 0, done.stderr)
                shown = {f"{n}, {v}" for n in "ab" for v in (8, 50) if f"{n}, {v} " in done.stdout}
                self.assertEqual(shown, expected)

    def test_a_name_that_no_row_has_is_an_error(self):
        done = self.run_bars([{"scenario": "a", "viewers": 8, "cdn_share": 1}], "--only", "c")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no row is called c; there are: a, a/8", done.stderr)

    def test_writes_the_table_as_markdown(self):
        path = os.path.join(self.folder, "table.md")
        self.run_bars([{"scenario": "a", "viewers": 8, "cdn_share": 0.034}], "--markdown", path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("Medians over 5 seeds", text)
        self.assertIn("\n| a, 8 | 3.00 | 5.00 | 3.40 | 0.50 |", text)

    def test_compares_policies(self):
        done = self.run_bars([], "--policies", "--only", "mixed", "--seeds", "1", "--jobs", "2")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"mixed +lottery, deadline +1\.00")
        self.assertRegex(done.stdout, r"mixed +lottery, request +1\.00")
        self.assertRegex(done.stdout, r"mixed +off +100\.00")


if __name__ == "__main__":
    unittest.main()
