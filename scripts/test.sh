#!/usr/bin/env bash
# Runs every test and ends with 'N passed, N failed', summed over all test programs. Arguments go to cargo test.
# Tests and lints build with fault points, the shipped binary without. Examples and benchmarks are left to the lints.
set -uo pipefail
cd "$(dirname "$0")/.."

FLTS_TEST_PYTHON=$(scripts/python.sh) || exit 1
# two a core: a test waits for its nodes most of the time
RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(nproc)))}
export FLTS_TEST_PYTHON RUST_TEST_THREADS
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
run() {
  cargo test --workspace --release --locked --features fault-points --no-fail-fast "$@" 2>&1 | tee -a "$log"
  [ "${PIPESTATUS[0]}" -eq 0 ] || status=1
}
if [ $# -gt 0 ]; then run "$@"; else run --tests; run --exclude runtime-alone --doc; fi

read -r passed failed < <(awk '/^test result:/ { passed += $4; failed += $6 } END { print passed + 0, failed + 0 }' "$log")
# a program that did not compile or that died has no result line of its own
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
