#!/bin/sh
# Measures swarms of real clients, scenario by scenario; see --help (tests/bench/usage.txt).
#
# Installs what is missing, builds, and hands over to tests/bench/swarm.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../../deploy/demo/start.sh" "$here/usage.txt" "$here/swarm.py" "$@"
