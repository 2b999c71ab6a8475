#!/usr/bin/env bash
# Runs one node with all roles: run.sh BINARY [DATA [TEST]]. Without data it writes synthetic data first.
set -euo pipefail
binary=$1 data=${2:-} test=${3:-}

if [ -n "$test" ] && [ -z "$data" ]; then
  echo "TEST= is given without DATA=; give both, or neither" >&2
  exit 2
fi
if [ -z "$data" ]; then
  folder="${DATA_DIR:-./flts-data}/sample"
  # kept, so that a second run finds the same data and its promoted model
  [ -f "$folder/sample.csv" ] && [ -f "$folder/sample_test.csv" ] || "$binary" sample-data "$folder"
  data="$folder/sample.csv" test="$folder/sample_test.csv"
fi
exec "$binary" run --data "$data" ${test:+--test "$test"}
