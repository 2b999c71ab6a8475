#!/usr/bin/env bash
# Runs the image with podman as each set of roles: read-only root, user 10001, no capabilities, no new privileges; until a forecast comes
# back. One node has the broker and the store, the others join it. Ends with 'N passed, N failed'.
# usage: check.sh IMAGE
set -uo pipefail
image=$1 passed=0 failed=0
work=$(mktemp -d)
base=${PORT:-18600}
stop() {
  podman rm --force --ignore --volumes --time 2 flts-check-$$-{first,eval,train,inference} >/dev/null 2>&1
  rm -rf "$work"
}
trap stop EXIT
trap "exit 1" INT TERM
mkdir -m 0755 "$work/state" "$work/data"
chown 10001:10001 "$work/state" "$work/data"

check() {
  local name=$1 answer; shift
  if answer=$("$@" 2>&1); then passed=$((passed + 1)); echo "ok      $name"
  else failed=$((failed + 1)); printf 'FAILED  %s\n%s\n' "$name" "$answer" | tail -30; fi
}
await() { local deadline=$((SECONDS + $1)); shift; until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $deadline ] || { "$@"; return 1; }; sleep 0.5; done; }
restricted=(--read-only --read-only-tmpfs=false --tmpfs /tmp --cap-drop all --security-opt no-new-privileges --network host --volume "$work/state:/var/lib/flts")
status() { [ "$(curl -s -o /dev/null -w '%{http_code}' --max-time 10 "${@:2}")" = "$1" ]; }
# node NAME PORT ROLES [OPTIONS of podman]... -- [ARGUMENTS of flts]...
node() {
  local name=flts-check-$$-$1 port=$2 roles=$3 options=(); shift 3
  while [ "$1" != -- ]; do options+=("$1"); shift; done; shift
  podman run --detach --name "$name" "${restricted[@]}" --env "HTTP_ADDR=127.0.0.1:$port" --env "ROLES=$roles" --env ADMIN_TOKEN=check-token-16-bytes \
    --env "DATA_DIR=/var/lib/flts/$roles" --env DATASET_NAME=sample --env TERMINATION_LOG=/tmp/termination-log "${options[@]}" "$image" run "$@"
}
joined=(--env "JOIN=/var/lib/flts/preprocess,gateway")
inside() { podman exec "flts-check-$$-$1" "${@:2}"; }
inspected() { [ "$(podman inspect --format "$1" "$image")" = "$2" ]; }
forecasts() { status 200 -H 'Content-Type: application/json' --data-binary "@$work/request.json" "http://127.0.0.1:$1/predict"; }
request() { python3 -c "
import json, sys, urllib.request
example = json.load(urllib.request.urlopen('http://127.0.0.1:$1/openapi.json'))['paths']['/predict']['post']['requestBody']['content']['application/json']
json.dump(example.get('example') or next(iter(example['examples'].values()))['value'], open('$work/request.json', 'w'))"; }
stops() { podman stop --time 60 "flts-check-$$-$1" >/dev/null && [ "$(podman inspect --format '{{.State.ExitCode}}' "flts-check-$$-$1")" = 0 ]; }

check "the user is 10001" inspected '{{.Config.User}}' 10001:10001
check "there is no shell" bash -c "! podman run --rm --entrypoint /bin/sh '$image' -c true"
check "sample-data writes where a volume is" podman run --rm "${restricted[@]}" --volume "$work/data:/data" "$image" sample-data /data
check "nothing else can be written" bash -c "! podman run --rm ${restricted[*]} '$image' sample-data /usr/data"

check "preprocess,gateway: starts" node first "$base" preprocess,gateway --volume "$work/data:/data:ro" --
check "preprocess,gateway: is ready" await 120 status 200 "http://127.0.0.1:$base/readyz"
check "evaluator: starts" node eval $((base + 1)) evaluator "${joined[@]}" --
check "trainer: starts" node train $((base + 2)) trainer "${joined[@]}" --
check "inference: starts" node inference $((base + 3)) inference "${joined[@]}" --
for n in 1 2 3; do check "node $n is alive" await 120 status 200 "http://127.0.0.1:$((base + n))/livez"; done
check "inference is not ready without a model" status 503 "http://127.0.0.1:$((base + 3))/readyz"
for file in sample.csv sample_test.csv; do
  check "gateway: takes $file" status 200 -H 'Authorization: Bearer check-token-16-bytes' -F "file=@$work/data/$file" "http://127.0.0.1:$base/upload/dataset/$file"
done
check "inference is ready with a model" await 300 status 200 "http://127.0.0.1:$((base + 3))/readyz"
check "its example of a request is there" await 60 request $((base + 3))
check "inference forecasts" forecasts $((base + 3))
check "flts doctor, as kubectl exec runs it" inside inference /usr/bin/flts doctor
check "flts promotion show" inside inference /usr/bin/flts promotion show
check "the process has no capabilities and runs as 10001" bash -c "pid=\$(podman inspect --format '{{.State.Pid}}' flts-check-$$-inference); grep -q '^CapEff:.0000000000000000' /proc/\$pid/status && grep -q '^CapBnd:.0000000000000000' /proc/\$pid/status && grep -q '^Uid:.10001' /proc/\$pid/status && grep -q '^NoNewPrivs:.1' /proc/\$pid/status"
for name in inference train eval first; do check "$name stops with 0" stops "$name"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
