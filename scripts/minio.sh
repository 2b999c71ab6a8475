#!/usr/bin/env bash
# Prints the MinIO server, a real S3 store for the tests, built into the cache the first time (some minutes).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/cache.sh

MINIO=v0.0.0-20260212201848-7aac2a2c5b7c
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
  GOBIN="$home" GOPATH="$home/go" GOCACHE="$home/build" GOTOOLCHAIN=local CGO_ENABLED=0 \
    go install -p 2 -ldflags="-s -w" "github.com/minio/minio@$MINIO" >&2
  touch "$home/ready"
fi
echo "$home/minio"
