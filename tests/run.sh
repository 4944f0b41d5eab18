#!/bin/sh
# Installs what is missing, builds, and runs every test; ends with ctest's summary.
#
#   tests/run.sh [--preset NAME] [--jobs N] [--no-install] [CTEST OPTIONS...]
#
#   --preset NAME   dev (default), asan, tsan or fuzz: see CMakePresets.json
#   --asan --tsan   short for these presets
#   --jobs N        tests at a time (default: the number of cores, at most 4)
#   --no-install    trust that all packages are there
#
# Further options go to ctest: "-L unit" runs the unit tests alone, "-R swarm" what has swarm in its
# name. Tests that need root, or a program from npm, are skipped with a clear word without them.
# One set of tests takes hours and so runs only when asked for: "-L sim-full" (tests/sim/README.md).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
preset=dev
install=yes
jobs=$(nproc)
[ "$jobs" -le 4 ] || jobs=4

while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=$2; shift 2 ;;
    --preset=*) preset=${1#*=}; shift ;;
    --asan) preset=asan; shift ;;
    --tsan) preset=tsan; shift ;;
    --jobs) jobs=$2; shift 2 ;;
    --jobs=*) jobs=${1#*=}; shift ;;
    --no-install) install=; shift ;;
    -h|--help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) break ;;
  esac
done

# To CMake it belongs to a configuration of this name, so that a bare ctest leaves it out as well.
case " $* " in
  *sim-full*) set -- -C sim-full "$@" ;;
esac

cd "$root"
[ -z "$install" ] || tests/install_packages.sh all
cmake --preset "$preset" --log-level=WARNING
cmake --build --preset "$preset"
exec ctest --test-dir "build/$preset" --output-on-failure -j "$jobs" "$@"
