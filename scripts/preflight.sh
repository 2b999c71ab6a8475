#!/usr/bin/env bash
# Names everything the build needs and this machine lacks, with the line that installs it.
set -uo pipefail

packages=()
missing=()
lacks() { missing+=("$1"); packages+=("$2"); }

command -v gcc >/dev/null || lacks gcc gcc
command -v g++ >/dev/null || lacks g++ g++
command -v make >/dev/null || lacks make make
command -v pkg-config >/dev/null || lacks pkg-config pkg-config
if command -v gcc >/dev/null; then
  echo '#include <zlib.h>' | gcc -E -x c - >/dev/null 2>&1 || lacks "zlib's headers" zlib1g-dev
fi
if ! command -v python3 >/dev/null; then
  lacks python3 "python3 python3-venv"
elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  lacks "python3's venv" python3-venv
fi

status=0
if [ ${#missing[@]} -gt 0 ]; then
  printf -v list '%s, ' "${missing[@]}"
  echo "this machine lacks ${list%, }. Install with:" >&2
  echo "  sudo apt-get install -y ${packages[*]}" >&2
  status=1
fi
if ! command -v cargo >/dev/null; then
  echo "this machine lacks cargo. Install it from https://rustup.rs, or with:" >&2
  echo "  sudo apt-get install -y rustup && rustup toolchain install" >&2
  status=1
fi
exit $status
