#!/usr/bin/env bash
# Makes the checkout ready to build: checks the machine, fetches libtorch into the cache, tells cargo where it is.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/preflight.sh
libtorch=$(scripts/libtorch.sh)
config="[env]
LIBTORCH = \"$libtorch\""
# cargo builds torch-sys again when this file changes, so it is written only when it must
if [ "$(cat .cargo/config.toml 2>/dev/null || true)" != "$config" ]; then
  mkdir -p .cargo
  echo "$config" > .cargo/config.toml.tmp
  mv .cargo/config.toml.tmp .cargo/config.toml
fi
