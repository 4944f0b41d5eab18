#!/bin/sh
# A live HLS stream through a swarm on this machine; see --help (deploy/demo/usage.txt).
#
# Installs what is missing, builds, and hands over to deploy/demo/run.py.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
exec "$here/demo/start.sh" "$here/demo/usage.txt" "$here/demo/run.py" "$@"
