#!/usr/bin/env bash
# Builds the image around a binary that exists already, where no registry of images can be reached: the last stage of the Containerfile, with
# the libraries and certificates of this machine (Debian 12). Needs buildah.
# usage: from_binary.sh BINARY [NAME], by default flts:<version>
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/../.."
command -v buildah >/dev/null || { echo "this machine lacks buildah. Install with: sudo apt-get install -y buildah" >&2; exit 1; }

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=${2:-flts:$version}
epoch=$(git log -1 --format=%ct)
commit=$("$binary" --version | sed -n 's/.*(\(.*\))/\1/p')
libtorch=$(scripts/libtorch.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/libtorch/lib" "$work/stage"
cp "$libtorch"/lib/*.so* "$work/libtorch/lib/"
strip --strip-unneeded "$work"/libtorch/lib/libtorch_cpu.so "$work"/libtorch/lib/libc10.so
scripts/image/root.sh "$binary" "$work/libtorch" "$work/stage/image"
mkdir -p "$work/stage/image/usr/share/sbom"
cargo metadata --locked --offline --filter-platform x86_64-unknown-linux-gnu --format-version 1 > "$work/metadata.json"
python3 scripts/image/sbom.py "$work/metadata.json" "$work/stage/image/usr/lib" "$epoch" > "$work/stage/image/usr/share/sbom/flts.cdx.json"
find "$work/stage" -exec touch --no-dereference --date="@$epoch" {} +

awk '/^FROM scratch/ { last = 1 } last' Containerfile > "$work/Containerfile"
buildah build --isolation chroot --layers --timestamp "$epoch" --file "$work/Containerfile" --tag "$name" --build-context "build=$work/stage" \
  --build-arg "VERSION=$version" --build-arg "COMMIT=$commit" --build-arg "CREATED=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)" "$work/stage"
