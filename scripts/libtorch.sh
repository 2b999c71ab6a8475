#!/usr/bin/env bash
# Prints the folder of libtorch 2.11.0 (CPU), building it in the cache the first time.
# An existing LIBTORCH of that version is used instead. Safe when several run at once.
set -euo pipefail

VERSION=2.11.0
CACHE="${FLTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flts}"
DEST="$CACHE/libtorch-$VERSION-cpu"
# name==version sha256 of the wheels, as the Python registry serves them for CPython 3.11 on x86-64
WHEELS="torch==2.11.0 7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a
nvidia-cuda-runtime==13.0.96 7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cupti==13.0.85 4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8"

say() { echo "libtorch: $*" >&2; }
fail() { say "$*"; exit 1; }

if [ -n "${LIBTORCH:-}" ]; then
  found=$(cat "$LIBTORCH/build-version" 2>/dev/null || true)
  [ -n "$found" ] || fail "LIBTORCH is set to '$LIBTORCH', which has no build-version file; unset it, or point it at libtorch $VERSION"
  [ "${found%%+*}" = "$VERSION" ] || fail "LIBTORCH is set to libtorch $found, but tch 0.24 needs $VERSION; unset it, or point it at that version"
  echo "$LIBTORCH"
  exit 0
fi

[ "$(uname -sm)" = "Linux x86_64" ] || fail "only Linux on x86-64 is set up by itself; install libtorch $VERSION and set LIBTORCH"
mkdir -p "$CACHE"
exec 9>"$CACHE/libtorch.lock"
flock 9
if [ "$(cat "$DEST/build-version" 2>/dev/null || true)" = "$VERSION" ]; then
  echo "$DEST"
  exit 0
fi

say "building the CPU part of libtorch $VERSION in $DEST (544 MB to fetch, once)"
rm -rf "$DEST" "$DEST.tmp"
mkdir -p "$DEST.tmp/wheels"
python3 -m venv "$DEST.tmp/venv"
"$DEST.tmp/venv/bin/pip" download --no-deps --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none \
  --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
  --progress-bar on --dest "$DEST.tmp/wheels" $(echo "$WHEELS" | cut -d' ' -f1) >&2
sums=$(sha256sum "$DEST.tmp"/wheels/*.whl)
for sum in $(echo "$WHEELS" | cut -d' ' -f2); do
  [[ "$sums" == *"$sum "* ]] || fail "a fetched wheel does not have the pinned sha-256 $sum; remove $DEST.tmp and try again"
done
say "unpacking"
python3 - "$DEST.tmp" >&2 <<'PY'
import glob, os, re, shutil, sys, zipfile
dest = sys.argv[1]
wanted = [re.compile(p) for p in (
    r"torch/(include/.*)", r"torch/(lib/libtorch_cpu\.so)", r"torch/(lib/libc10\.so)", r"torch/(lib/libgomp[^/]*)",
    r"nvidia/.*(lib/libcudart\.so\.13)", r"nvidia/.*(lib/libcupti\.so\.13)")]
wheels = [zipfile.ZipFile(path) for path in sorted(glob.glob(dest + "/wheels/*.whl"))]
members = [(w, i) for w in wheels for i in w.infolist() if not i.is_dir()]
members = [(w, i, m.group(1)) for w, i in members for p in wanted if (m := p.fullmatch(i.filename))]
total, done, shown = sum(i.file_size for _, i, _ in members), 0, -1
for wheel, info, name in members:
    target = os.path.join(dest, name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with wheel.open(info) as src, open(target, "wb") as out:
        shutil.copyfileobj(src, out, 1 << 20)
    done += info.file_size
    percent = done * 100 // total
    if percent // 5 != shown:
        shown = percent // 5
        print(f"\rlibtorch: [{'#' * shown}{'.' * (20 - shown)}] {percent} %", end="", flush=True)
print()
# libtorch.so is an empty shim that would pull in CUDA: a linker script takes its place
open(dest + "/lib/libtorch.so", "w").write("INPUT(libtorch_cpu.so)\n")
open(dest + "/build-version", "w").write("2.11.0\n")
PY
rm -rf "$DEST.tmp/wheels" "$DEST.tmp/venv"
mv "$DEST.tmp" "$DEST"
say "ready"
echo "$DEST"
