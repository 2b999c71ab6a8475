#!/usr/bin/env bash
# Runs the suites that speak to Kafka or S3 against a real broker and a real store: test_real.sh [TEST FILE...]. Tests that need
# them and are passed over elsewhere run here too. Each file starts its own services, on free ports, and stops them.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/real.sh

suites=(
  services real_services ledger
  delivery real_broker poison topics kafka_security
  leases reconciliation long_training claims_without_store
  s3_conformance object_store_writes conditional_writes store_connections store_outage promotion_log stored_records
)
[ $# -eq 0 ] || suites=("$@")
chosen=()
for suite in "${suites[@]}"; do chosen+=(--test "$suite"); done
exec scripts/test.sh "${chosen[@]}" -- --include-ignored --nocapture --test-threads 1
