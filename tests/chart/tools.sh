#!/usr/bin/env bash
# Prints a folder with helm and kubeconform, or with `cluster` also kube-apiserver, etcd, controllers, scheduler and kwok; built into the
# cache the first time. Everything is a Go module at a pinned version, whose hash the go command checks against the public checksum
# database. helm takes three minutes, a cluster a quarter of an hour.
set -euo pipefail
CACHE="${FLTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/flts}/kubernetes"
export GOBIN="$CACHE/bin" GOPATH="$CACHE/go" GOCACHE="$CACHE/build" GOTOOLCHAIN=local CGO_ENABLED=0

HELM=v3.22.0
KUBECONFORM=v0.8.0
HELM_DOCS=v1.14.2
K=1.34.2
ETCD=v3.6.6
KWOK=v0.7.0
KEDA=v2.21.0
PROMETHEUS_OPERATOR=v0.85.0
GATEWAY_API=v1.4.0

mkdir -p "$GOBIN"
exec 9>"$CACHE/lock"
flock 9
have() { [ -x "$GOBIN/$1" ]; }
say() { echo "tools: $*" >&2; }
install() { have "$1" || { say "building $1"; nice -n 10 go install -p 1 -ldflags="-s -w" "$2" >&2; }; }
# the folder of a module's source
source_of() { go mod download -json "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)["Dir"])'; }

schemas() {
  [ -f "$CACHE/schemas/ready" ] && return
  say "making schemas"
  local here; here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  local python=${PYTHON:-python3}
  rm -rf "$CACHE/schemas" "$CACHE/crds"
  "$python" "$here/schemas.py" kubernetes "$(source_of "k8s.io/kubernetes@v$K")/api/openapi-spec/swagger.json" "$CACHE/schemas/v$K-standalone-strict" >&2
  mkdir -p "$CACHE/crds"
  local folder
  for folder in "$(source_of "github.com/kedacore/keda/v2@$KEDA")/config/crd/bases" \
    "$(source_of "github.com/prometheus-operator/prometheus-operator@$PROMETHEUS_OPERATOR")/example/prometheus-operator-crd" \
    "$(source_of "sigs.k8s.io/gateway-api@$GATEWAY_API")/config/crd/standard"; do
    cp "$folder"/*.yaml "$CACHE/crds/"
    chmod -R u+w "$CACHE/crds"
  done
  "$python" "$here/schemas.py" crds "$CACHE/schemas/crds" "$CACHE"/crds/*.yaml >&2
  touch "$CACHE/schemas/ready"
}

cluster() {
  have kwok && have kube-scheduler && have etcd && return
  local kas="$CACHE/kas" M
  mkdir -p "$kas" && cd "$kas"
  export GOFLAGS=-mod=mod
  M=$(source_of "k8s.io/kubernetes@v$K")
  { printf 'module kas\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$K"
    grep -oE '^\s*k8s\.io/\S+ => \./staging' "$M/go.mod" | awk -v v="v0${K#1}" '{print "\t"$1" => "$1" "v}' | sort -u; echo ")"; } > go.mod
  { printf '//go:build tools\npackage kas\nimport (\n'
    printf '\t_ "k8s.io/kubernetes/cmd/%s"\n' kube-apiserver kubectl kube-controller-manager kube-scheduler; echo ")"; } > tools.go
  go mod tidy >&2
  local X="-X k8s.io/component-base/version.gitVersion=v$K -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${K:2:2}" c
  for c in kube-apiserver kubectl kube-controller-manager kube-scheduler; do
    have "$c" || { say "building $c"; nice -n 10 go build -p 1 -ldflags="-s -w $X" -o "$GOBIN/$c" "k8s.io/kubernetes/cmd/$c" >&2; }
  done
  mkdir -p "$CACHE/etcdmod/cmd" && cd "$CACHE/etcdmod"
  printf 'module etcdmod\n\ngo 1.24.0\n\nrequire go.etcd.io/etcd/server/v3 %s\n' "$ETCD" > go.mod
  printf 'package main\n\nimport (\n\t"os"\n\n\t"go.etcd.io/etcd/server/v3/etcdmain"\n)\n\nfunc main() { etcdmain.Main(os.Args) }\n' > cmd/main.go
  go mod tidy >&2
  have etcd || { say "building etcd"; nice -n 10 go build -p 1 -ldflags="-s -w" -o "$GOBIN/etcd" ./cmd >&2; }
  unset GOFLAGS
  cd "$CACHE"
  install kwok "sigs.k8s.io/kwok/cmd/kwok@$KWOK"
}

install kubeconform "github.com/yannh/kubeconform/cmd/kubeconform@$KUBECONFORM"
install helm "helm.sh/helm/v3/cmd/helm@$HELM"
schemas
case "${1:-}" in
  cluster) cluster ;;
  docs) install helm-docs "github.com/norwoodj/helm-docs/cmd/helm-docs@$HELM_DOCS" ;;
esac
echo "$CACHE"
