#!/bin/sh
# Installs Sojourn with what it needs at run time, and nothing for its tests, into a new environment.
# Usage: scripts/install-server.sh /opt/sojourn
set -eu
target=${1:?"say where to: scripts/install-server.sh /opt/sojourn"}
cd "$(dirname "$0")/.."
python3 -m venv "$target"
"$target/bin/pip" install --quiet --no-cache-dir --require-hashes -r requirements-server.lock
"$target/bin/pip" install --quiet --no-cache-dir --no-deps --no-build-isolation .
"$target/bin/sojourn" --help >/dev/null
