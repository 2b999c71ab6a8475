#!/usr/bin/env bash
# Runs the suites that speak to Kafka or S3 against a real broker and a real store: test_real.sh [SUITE...]. Tests that need
# them and are passed over elsewhere run here too. Each suite is a module of a test program; services start on free ports.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/real.sh

programs=(--test soak --test kafka --test storage --test node)
suites=(
  services real_services ledger
  delivery real_broker poison topics kafka_security
  leases reconciliation long_training claims_without_store
  s3_conformance object_store_writes conditional_writes store_connections store_outage promotion_log stored_records
)
[ $# -eq 0 ] || suites=("$@")
exec scripts/test.sh "${programs[@]}" -- "${suites[@]/%/::}" --include-ignored --nocapture --test-threads 1
