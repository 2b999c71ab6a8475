#!/usr/bin/env bash
# Every test of the chart; ends with 'N passed, N failed'. Arguments are names of test modules, by default all.
#   UPDATE=1 tests/chart/run.sh test_snapshots   writes the snapshots anew
#   FLTS=path/to/flts                            the program that reads the rendered environment; by default target/release/flts
set -uo pipefail
cd "$(dirname "$0")" || exit 1
CACHE="${FLTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flts}"
venv="$CACHE/chart-python-$(sha256sum requirements.txt | cut -c1-12)"
if [ ! -f "$venv/ready" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r requirements.txt >&2 || exit 1
  touch "$venv/ready"
fi
KUBERNETES_TOOLS=$(PYTHON="$venv/bin/python" ./tools.sh) || { echo "0 passed, 1 failed"; exit 1; }
export KUBERNETES_TOOLS FLTS="${FLTS:-$(cd ../.. && pwd)/target/release/flts}"
modules=("$@")
[ ${#modules[@]} -gt 0 ] || { modules=(test_*.py); modules=("${modules[@]%.py}"); }
exec nice -n 10 "$venv/bin/python" report.py "${modules[@]}"
