#!/bin/sh
# Measures what the tracker costs and how fast it answers; see --help (tests/bench/tracker_usage.txt).
#
# Installs what is missing, builds, and hands over to tests/bench/tracker.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
build_dir=$root/build/bench
build=always

previous=
for argument in "$@"; do
  case $argument in
    -h|--help) exec cat "$here/tracker_usage.txt" ;;
    --build-dir=*) build_dir=${argument#*=}; build=if_missing ;;
  esac
  if [ "$previous" = --build-dir ]; then
    build_dir=$argument
    build=if_missing
  fi
  previous=$argument
done

# A wrong option shall not come to light after minutes of building.
if command -v python3 >/dev/null 2>&1; then
  python3 -B "$here/tracker.py" --check-options "$@"
fi

if [ $build = always ] || [ ! -x "$build_dir/tracker/shoal-tracker" ] ||
   [ ! -x "$build_dir/tests/bench/announce_load/announce_load" ] ||
   [ ! -x "$build_dir/tests/bench/member_table/member_table" ] ||
   [ ! -x "$build_dir/tests/bench/noop_server/noop_server" ]; then
  "$root/tests/install_packages.sh" build
  echo "Building in $build_dir (minutes for the first time, an instant later on) ..."
  cmake -S "$root" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release --log-level=WARNING
  cmake --build "$build_dir" --target shoal-tracker announce_load member_table noop_server
fi

exec python3 -B "$here/tracker.py" "$@"
