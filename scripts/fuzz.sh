#!/usr/bin/env bash
# Feeds mutated inputs to every reader of foreign bytes: fuzz.sh SECONDS [TARGET...]. Ends with 'N passed, N failed'.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=$1
shift
build=(--quiet --release --locked --features fault-points)
cargo build "${build[@]}" --bin flts
LD_LIBRARY_PATH=$(scripts/libtorch.sh)/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
cargo run "${build[@]}" --bin flts-fuzz -- --seconds "$seconds" --bin "${CARGO_TARGET_DIR:-target}/release/flts" "$@"
