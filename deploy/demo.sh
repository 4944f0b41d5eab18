#!/bin/sh
# A live HLS stream through a swarm on this machine; see --help (deploy/demo/usage.txt).
#
# Installs what is missing, builds, and hands over to deploy/demo/run.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
build_dir=$root/build/release
build=always

previous=
for argument in "$@"; do
  case $argument in
    -h|--help) exec cat "$here/demo/usage.txt" ;;
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
  python3 "$here/demo/run.py" --check-options "$@"
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

exec python3 "$here/demo/run.py" "$@"
