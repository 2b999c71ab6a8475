#!/usr/bin/env bash
# Prints a python that has the pinned packages of the tests (tests/requirements.txt), set up in the cache the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/cache.sh

venv="$CACHE/test-python-$(sha256sum tests/requirements.txt | cut -c1-12)"
mkdir -p "$CACHE"
exec 9>"$venv.lock"
flock 9
if [ ! -f "$venv/ready" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt >&2
  touch "$venv/ready"
fi
echo "$venv/bin/python"
