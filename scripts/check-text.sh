#!/bin/sh
# Refuses what must never be committed: addresses of package registries in any tracked file.
set -eu
hosts='pypi\.o[r]g|pythonhoste[d]\.org|registry\.npmj[s]\.org|deb\.debia[n]\.org'
if git grep -nIE "$hosts" -- .; then
  echo "These lines name a package registry; name packages only." >&2
  exit 1
fi
if grep -nE 'https?://' requirements.lock requirements-server.lock requirements-bench.lock; then
  echo "Lock files hold names, versions and hashes only: run 'make lock'." >&2
  exit 1
fi
