#!/usr/bin/env bash
# Runs every lint, all of them even when one fails, and ends with 'N passed, N failed'.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/cache.sh

passed=0 failed=0
step() {
  echo "lint: $*"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "lint: FAILED: $*"; fi
}
# for readers of the source: private items are documented, so a link to one is no mistake
docs() { RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --release --locked --features fault-points --no-deps --document-private-items --quiet; }

step cargo fmt --all --check
step cargo run --quiet --release --locked --bin flts-layers -- .
step cargo clippy --release --locked --features fault-points --workspace --all-targets --quiet -- -D warnings
step docs
step scripts/tool.sh cargo-machete --with-metadata
step scripts/tool.sh typos
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
