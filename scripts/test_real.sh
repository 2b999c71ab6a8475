#!/usr/bin/env bash
# Runs what speaks to Kafka or S3 against a real broker and a real store: suites are modules of test programs, two tests at a time,
# each on services of its own: test_real.sh [SUITE...]. The last line is 'N passed, N failed'.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/real.sh

programs=(--test soak --test kafka --test storage --test node)
# their tests that need real services, which are passed over elsewhere
needing=(
  services real_services ledger real_broker topics kafka_security
  reconciliation waiting_claims long_training claims_without_store store_connections store_outage
)
# their other tests take a mock or the embedded store elsewhere, and the real one here
on_either=(delivery poison waiting_claims leases s3_conformance object_store_writes conditional_writes store_outage promotion_log stored_records)

run() { scripts/test.sh "${programs[@]}" -- --nocapture --test-threads 2 "$@"; }
[ $# -eq 0 ] || { run --include-ignored "${@/%/::}"; exit; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ run --ignored "${needing[@]/%/::}"; run "${on_either[@]/%/::}"; } | tee "$log"
read -r passed failed < <(awk '/^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 } END { print passed + 0, failed + 0 }' "$log")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
