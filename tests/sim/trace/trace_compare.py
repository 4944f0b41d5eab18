#!/usr/bin/env python3
"""Says whether builds of shoal-sim decide alike: runs each of them over a few small scenarios and
compares the digests of all actions, which must be equal bit for bit.

    tests/sim/trace/trace_compare.py build/dev/tests/sim/shoal-sim
    tests/sim/trace/trace_compare.py build/dev/tests/sim/shoal-sim --other build/asan/tests/sim/shoal-sim

The program itself runs twice, in two processes: what follows from addresses, or from hashes that are
seeded anew in every process, shows so. A program of --other (a build by another compiler, say) that is
not there, or is older than a source file, is left out with a word: it could not but differ.

Exit status: 0 if all are equal, 1 if not, 2 if a program could not be run.
"""
import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
# What the digest follows from.
SOURCES = ("client/core", "common", "tracker/membership", "tests/sim")
SHORT = ["--length", "30s", "--measure-from", "10s", "--measure-for", "15s"]
# Small, and yet each kind of decision and of accident is in one of them.
RUNS = {
    "uneven uplinks, late answers, comings and goings":
        ["--scenario", "churn", "--viewers", "8", "--mean-stay", "20s",
         "--cdn-first-byte-jitter", "200ms", *SHORT],
    "a swarm larger than its links": ["--scenario", "mixed", "--viewers", "60", "--joins",
                                      "rest@0s+5s", "--length", "12s", "--measure-from", "5s",
                                      "--measure-for", "5s"],
    "two bit rates, seeking, switching": ["--scenario", "two_bit_rates", "--viewers", "8",
                                          "--seeking", "30%", "--switching", "50%", *SHORT],
    "the target list": ["--scenario", "steady", "--viewers", "6", "--assignment", "ratio", *SHORT],
}


def digest(program, arguments):
    run = subprocess.run([program, *arguments, "--json", "-"], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    # 1: an invariant was violated. That is for others to say; the digest is there all the same.
    if run.returncode not in (0, 1):
        sys.stderr.write(f"trace_compare.py: {program} ended with status {run.returncode}: {run.stderr}")
        sys.exit(2)
    return json.loads(run.stdout)["trace"]


def newest_source(root=ROOT):
    """When any source was last changed."""
    return max(os.path.getmtime(os.path.join(folder, name))
               for top in SOURCES for folder, _, names in os.walk(os.path.join(root, top))
               for name in names if name.endswith((".cc", ".h")))


def usable(program, changed):
    if not os.path.exists(program):
        print(f"not compared: {program} is not there")
        return False
    if os.path.getmtime(program) < changed:
        print(f"not compared: {program} is older than the sources")
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="shoal-sim of one build")
    parser.add_argument("--other", action="append", default=[], metavar="PROGRAM",
                        help="shoal-sim of another build; repeatable")
    arguments = parser.parse_args()
    changed = newest_source() if arguments.other else 0
    programs = [arguments.program, arguments.program]
    programs += [other for other in arguments.other if usable(other, changed)]
    different = 0
    for name, options in RUNS.items():
        digests = [digest(program, options) for program in programs]
        same = len(set(digests)) == 1
        different += not same
        print(f"{'equal' if same else 'DIFFERENT'}: {name}: {' '.join(sorted(set(digests)))}")
        if not same:
            for program, found in zip(programs, digests):
                print(f"  {found}  {program} {' '.join(options)}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
