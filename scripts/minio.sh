#!/usr/bin/env bash
# Prints the MinIO server, a real S3 store for the tests, built into the cache the first time (some minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/cache.sh

# version and hash of everything that it is made of: scripts/minio/go.mod and go.sum; to renew them, change the version and run go mod tidy there
MINIO=$(awk '$2 == "github.com/minio/minio" { print $3 }' scripts/minio/go.mod)
home="$CACHE/minio-$MINIO"
command -v go >/dev/null || { echo "this machine lacks go. Install with: sudo apt-get install -y golang-go" >&2; exit 1; }
mkdir -p "$CACHE"
exec 9>"$home.lock"
flock 9
if [ ! -f "$home/ready" ]; then
  echo "building minio $MINIO, which takes some minutes" >&2
  rm -rf "$home"
  mkdir -p "$home"
  # its sources and what they compile to are large and wanted once
  trap 'chmod -R u+w "$home/go" 2>/dev/null || true; rm -rf "$home/go" "$home/build"' EXIT
  GOPATH="$home/go" GOCACHE="$home/build" GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=0 \
    go build -C scripts/minio -p 2 -ldflags="-s -w" -o "$home/minio" github.com/minio/minio >&2
  touch "$home/ready"
fi
echo "$home/minio"
