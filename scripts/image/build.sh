#!/usr/bin/env bash
# Builds the image with docker, podman or buildah, whichever is there; then lists its layers.
# usage: build.sh [NAME], by default flts:<version>; BUILDER=docker, podman or buildah chooses
set -euo pipefail
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
name=${1:-flts:$version}
builder=${BUILDER:-}
for tool in docker podman buildah; do
  [ -z "$builder" ] && command -v "$tool" >/dev/null && builder=$tool
done
[ -n "$builder" ] || { echo "this machine lacks docker, podman and buildah. Install with: sudo apt-get install -y podman" >&2; exit 1; }

# the time of the last commit is the time of every file
epoch=$(git log -1 --format=%ct)
commit=$(git rev-parse --short=12 HEAD)
arguments=(--file Containerfile --tag "$name" --build-arg "VERSION=$version" --build-arg "COMMIT=$commit"
  --build-arg "SOURCE_DATE_EPOCH=$epoch" --build-arg "CREATED=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)")
case $builder in
  docker) DOCKER_BUILDKIT=1 docker build "${arguments[@]}" . ;;
  podman) podman build --timestamp "$epoch" "${arguments[@]}" . ;;
  # no user namespaces and no privileges needed
  buildah) buildah build --isolation chroot --layers --timestamp "$epoch" "${arguments[@]}" . ;;
  *) echo "BUILDER is '$builder'; it is docker, podman or buildah" >&2; exit 2 ;;
esac
[ "$builder" = buildah ] || "$builder" history --format '{{.Size}}\t{{.CreatedBy}}' "$name"
