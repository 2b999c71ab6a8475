#!/bin/sh
# Creates the buckets of FLTS and the user of the store in MinIO. What is there already is left as it is.
# MC_HOST_local, STORE_USER, STORE_PASSWORD and BUCKETS come from the environment.
set -eu

tries=0
until mc ready local >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 120 ] || { echo "MinIO does not answer at minio:9000" >&2; exit 1; }
  sleep 2
done
for bucket in $BUCKETS; do
  mc mb --ignore-existing "local/$bucket"
done
if [ "$STORE_USER" != "$MINIO_ROOT_USER" ]; then
  mc admin user add local "$STORE_USER" "$STORE_PASSWORD"
  mc admin policy attach local readwrite --user "$STORE_USER" 2>/dev/null || mc admin policy entities local --user "$STORE_USER"
fi
echo "buckets: $BUCKETS"
