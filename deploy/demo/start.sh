#!/bin/sh
# start.sh USAGE SCRIPT [options]: what deploy/demo.sh and tests/bench/swarm.sh have in common.
#
# Installs what is missing, builds, and hands over to SCRIPT. With --help it prints the file USAGE.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
usage=$1
script=$2
shift 2
build_dir=$root/build/release
build=always

previous=
for argument in "$@"; do
  case $argument in
    -h|--help) exec cat "$usage" ;;
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
  python3 "$script" --check-options "$@"
fi

if [ $build = always ] || [ ! -x "$build_dir/client/shoal-client" ] ||
   [ ! -x "$build_dir/tracker/shoal-tracker" ]; then
  "$root/tests/install_packages.sh" build demo
  echo "Building in $build_dir (minutes for the first time, an instant later on) ..."
  cmake -S "$root" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSHOAL_TESTS=OFF \
    --log-level=WARNING
  cmake --build "$build_dir" --target shoal-tracker shoal-client
else
  "$root/tests/install_packages.sh" demo
fi

exec python3 "$script" "$@"
