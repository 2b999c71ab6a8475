#!/usr/bin/env bash
# Runs a lint tool at its pinned version, installed into the cache the first time: tool.sh NAME [ARGUMENTS].
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/cache.sh

MACHETE=0.9.2
TYPOS=1.52.0
name=$1
shift
case $name in
  cargo-machete) root="$CACHE/cargo-machete-$MACHETE" ;;
  typos) root="$CACHE/typos-$TYPOS" ;;
  *) echo "tool.sh knows cargo-machete and typos, not '$name'" >&2; exit 2 ;;
esac

mkdir -p "$CACHE"
(
  flock 9
  [ ! -f "$root/ready" ] || exit 0
  rm -rf "$root"
  case $name in
    # away from the checkout, whose .cargo and toolchain are not this tool's
    cargo-machete) CARGO_TARGET_DIR="$root/build" cargo install --quiet --locked --root "$root" "cargo-machete@$MACHETE" && rm -rf "$root/build" ;;
    typos) python3 -m venv "$root" && "$root/bin/pip" install --quiet --disable-pip-version-check "typos==$TYPOS" ;;
  esac
  touch "$root/ready"
) 9>"$root.lock" >&2
exec "$root/bin/$name" "$@"
