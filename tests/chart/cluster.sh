#!/usr/bin/env bash
# shellcheck disable=SC2015,SC2086
# Installs, upgrades, rolls back and uninstalls the chart on a real API server with controllers, a scheduler and simulated nodes (kwok), in
# a namespace that admits restricted pods only. No container runs. Ends with 'N passed, N failed'.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
TOOLS=$(./tools.sh cluster) || { echo "0 passed, 1 failed"; exit 1; }
PATH="$TOOLS/bin:$PATH"
CHART=$(cd ../../chart && pwd)
DIR=$(mktemp -d)
E=${ETCD_PORT:-23790} A=${API_PORT:-26443} W=${KWOK_PORT:-20247}
export KUBECONFIG="$DIR/kubeconfig"
passed=0 failed=0 pids=()

stop() {
  local i
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done
  sleep 1
  for i in "${pids[@]}"; do kill -9 "$i" 2>/dev/null; done
  rm -rf "$DIR"
}
trap stop EXIT
start() { local name=$1; shift; "$@" > "$DIR/$name.log" 2>&1 & pids+=($!); }
# waits until a command succeeds, at most SECONDS_TO_WAIT
await() { local deadline=$((SECONDS + ${SECONDS_TO_WAIT:-120})); until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $deadline ] || return 1; sleep 0.5; done; }
# check NAME COMMAND...: the command succeeds
check() {
  local name=$1 answer; shift
  if answer=$("$@" 2>&1); then passed=$((passed + 1)); echo "ok      $name"
  else failed=$((failed + 1)); printf 'FAILED  %s\n%s\n' "$name" "$answer" | head -30; fi
}
refuses() { local said=$1 answer; shift; ! answer=$("$@" 2>&1) && grep -q -- "$said" <<< "$answer" || { echo "$answer"; return 1; }; }
says() { local said=$1 answer; shift; answer=$("$@" 2>&1) && grep -qE -- "$said" <<< "$answer" || { echo "$answer" | head -20; return 1; }; }

mkdir -p "$DIR/certs"
openssl genrsa -out "$DIR/sa.key" 2048 2>/dev/null
echo 'labtoken,admin,admin,"system:masters"' > "$DIR/tokens.csv"
cat > "$KUBECONFIG" <<X
apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "https://127.0.0.1:$A", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: labtoken}}]
contexts: [{name: lab, context: {cluster: lab, user: admin}}]
current-context: lab
X
start etcd etcd --data-dir "$DIR/etcd" --listen-client-urls "http://127.0.0.1:$E" --advertise-client-urls "http://127.0.0.1:$E" \
  --listen-peer-urls "http://127.0.0.1:$((E + 1))" --initial-advertise-peer-urls "http://127.0.0.1:$((E + 1))" \
  --initial-cluster "default=http://127.0.0.1:$((E + 1))" --unsafe-no-fsync
start api kube-apiserver --etcd-servers="http://127.0.0.1:$E" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$A" \
  --cert-dir="$DIR/certs" --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$DIR/sa.key" \
  --service-account-signing-key-file="$DIR/sa.key" --token-auth-file="$DIR/tokens.csv" --authorization-mode=RBAC \
  --service-cluster-ip-range=10.0.0.0/24 --allow-privileged=true
await kubectl get --raw /readyz || { echo "the API server does not start"; tail -5 "$DIR/api.log"; echo "0 passed, 1 failed"; exit 1; }
# simulated nodes do not fail, and on a busy machine their heartbeats come late
start controllers kube-controller-manager --kubeconfig="$KUBECONFIG" --service-account-private-key-file="$DIR/sa.key" --leader-elect=false \
  --bind-address=127.0.0.1 --secure-port=0 --node-monitor-grace-period=1h --controllers='*,-nodeipam,-cloud-node-lifecycle,-node-route-controller,-service-lb-controller'
start scheduler kube-scheduler --kubeconfig="$KUBECONFIG" --leader-elect=false --bind-address=127.0.0.1 --secure-port=0
start kwok kwok --kubeconfig="$KUBECONFIG" --manage-all-nodes=true --cidr=10.244.0.0/16 --node-ip=127.0.0.1 --server-address="127.0.0.1:$W"
for n in 1 2 3 4; do kubectl apply -f - >/dev/null <<X
apiVersion: v1
kind: Node
metadata: {name: n$n, labels: {kubernetes.io/os: linux, kubernetes.io/hostname: n$n, topology.kubernetes.io/zone: z$((n % 2))}, annotations: {kwok.x-k8s.io/node: fake}}
status: {allocatable: {cpu: "32", memory: 256Gi, pods: "110"}, capacity: {cpu: "32", memory: 256Gi, pods: "110"}}
X
done
volumes() { # there is no provisioner: volumes lie ready
  local n
  for n in $(seq 1 16); do printf -- '---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v%s-%s}\nspec: {capacity: {storage: 60Gi}, accessModes: [ReadWriteOnce], persistentVolumeReclaimPolicy: Delete, hostPath: {path: /v}}\n' "$1" "$n"; done | kubectl apply -f - >/dev/null
}
crds() { kubectl apply --server-side -f "$TOOLS/crds"; }
namespace() { kubectl create namespace "$1" >/dev/null && kubectl label namespace "$1" pod-security.kubernetes.io/{enforce,audit,warn}=restricted >/dev/null; }
pods_ready() { # every Deployment and StatefulSet of a namespace has all its pods
  kubectl -n "$1" get deployments,statefulsets -o jsonpath='{range .items[*]}{.spec.replicas}/{.status.readyReplicas}{"\n"}{end}' | awk -F/ '$1 + 0 != $2 + 0 { bad = 1 } END { exit bad }'
}
events_refused() { ! kubectl -n "$1" get events -o jsonpath='{.items[*].message}' | grep -o 'violates PodSecurity.*'; }

check "16 and more custom resources are defined" crds
await kubectl get crd scaledobjects.keda.sh

# layout single
volumes single; namespace single
check "single: install" helm install flts "$CHART" -n single
check "single: the pod is ready" await pods_ready single
check "single: restricted admission refuses no pod" events_refused single
token() { kubectl -n single get secret flts-tokens -o jsonpath='{.data.admin-token}'; }
before=$(token)
check "single: upgrade" helm upgrade flts "$CHART" -n single --set settings.LOG_LEVEL=debug
check "single: an upgrade keeps the generated token" test "$before" = "$(token)"
check "single: uninstall" helm uninstall flts -n single --wait
check "single: uninstall leaves the volume of the data" says 'data-flts-0' kubectl -n single get pvc
check "single: install again takes the token over" bash -c "helm install flts '$CHART' -n single && [ '$before' = \"\$(kubectl -n single get secret flts-tokens -o jsonpath='{.data.admin-token}')\" ]"
check "single: uninstall again" helm uninstall flts -n single

# the report's values and its commands
volumes complete; namespace flts-production
for secret in "mlflow-credentials --from-literal=aws-access-key-id=key --from-literal=aws-secret-access-key=secret12" \
  "minio-root-credentials --from-literal=root-user=user --from-literal=root-password=password" "grafana-admin --from-literal=admin-user=admin --from-literal=admin-password=password"; do
  check "report: kubectl create secret generic ${secret%% *}" kubectl -n flts-production create secret generic $secret
done
kubectl config set-context --current --namespace=flts-production >/dev/null
install() { helm upgrade --install flts "$CHART" -f "$CHART/values-complete.yaml" --set inference.image.repository=registry.example/flts-inference --set inference.image.tag="$1" --timeout 10m "${@:2}"; }
check "report: helm upgrade --install with values-complete.yaml" install v1.0.0
check "report: every pod is ready" await pods_ready flts-production
check "report: restricted admission refuses no pod" events_refused flts-production
check "report: Secrets that exist are left as they are" says '^c2VjcmV0MTI=$' kubectl get secret mlflow-credentials -o jsonpath='{.data.aws-secret-access-key}'
check "report: kubectl get pods -l app=inference" says 'inference-.*1/1 +Running' kubectl get pods -l app=inference
check "report: kubectl get svc" says 'inference-lb +LoadBalancer .*80:' kubectl get svc
check "report: NodePorts 30500, 30900, 30901" says '9000:30900/TCP,9001:30901/TCP' kubectl get svc minio
check "report: kubectl scale deployment inference --replicas=5" kubectl scale deployment inference --replicas=5
check "report: rollout status" kubectl rollout status deployment/inference --timeout=120s
for name in train-gru train-lstm nonml-prophet; do check "report: kubectl scale deployment $name --replicas=0" kubectl scale deployment $name --replicas=0; done
check "report: kubectl scale deployment prometheus grafana --replicas=0" kubectl scale deployment prometheus grafana --replicas=0
check "report: kubectl scale deployment locust-master --replicas=1" kubectl scale deployment locust-master --replicas=1
check "report: kubectl scale deployment locust-worker --replicas=4" kubectl scale deployment locust-worker --replicas=4
check "report: the Locust pods start" await pods_ready flts-production
check "report: kubectl get configmap locust-config -o yaml" says 'locustfile.py' kubectl get configmap locust-config -o yaml
check "report: kubectl set image deployment/inference" kubectl set image deployment/inference inference=registry.example/flts-inference:v1.1.0
check "report: rollout status" kubectl rollout status deployment/inference --timeout=120s
check "report: rollout undo" kubectl rollout undo deployment/inference
check "report: the image before is back" await says 'flts-inference:v1.0.0$' kubectl get deployment inference -o jsonpath='{.spec.template.spec.containers[0].image}'
check "report: kubectl create job --from=cronjob/preprocess" kubectl create job --from=cronjob/preprocess preprocess-test-001
check "report: its pod is admitted" await says 'preprocess-test-001' kubectl get pods -l app=preprocess
check "report: kubectl autoscale deployment inference" kubectl autoscale deployment inference --cpu-percent=70 --min=3 --max=20
check "report: kubectl get hpa" says 'inference +Deployment/inference' kubectl get hpa
kubectl delete hpa inference >/dev/null
check "report: kubectl apply -f inference-hpa.yaml" kubectl apply -f values/report-hpa.yaml
kubectl delete hpa inference-hpa >/dev/null
check "report: kubectl get deployment eval -o yaml | grep EXPECTED_MODEL_TYPES" says 'EXPECTED_MODEL_TYPES' kubectl get deployment eval -o yaml
check "report: kubectl rollout restart deployment/inference" kubectl rollout restart deployment/inference
check "report: kubectl delete pod -l app=eval" kubectl delete pod -l app=eval
check "report: kubectl get statefulset: kafka-0" says 'Running' kubectl get pod kafka-0
check "report: helm get values flts" says 'v1.0.0' helm get values flts
check "report: CI, helm upgrade with another tag" install 0a1b2c3
check "report: kubectl rollout status deployment/inference" kubectl rollout status deployment/inference --timeout=120s
check "report: helm rollback" helm rollback flts 1
check "report: the image of revision 1 is back" await says ':v1.0.0$' kubectl get deployment inference -o jsonpath='{.spec.template.spec.containers[0].image}'
check "report: every pod is ready after the rollback" await pods_ready flts-production
check "report: the init Jobs are complete" await says 'init-buckets-.* Complete' kubectl get jobs
check "report: helm test is admitted" bash -c 'helm test flts --timeout 60s || kubectl get pod flts-test'
check "report: uninstall" helm uninstall flts
check "report: uninstall leaves the volumes" says 'minio-data' kubectl get pvc
await bash -c '! kubectl get pods -o name | grep -v -e preprocess -e flts-test | grep -q pod/'

# production: rollout, drain and disruption budget
volumes production; namespace production
kubectl config set-context --current --namespace=production >/dev/null
for secret in flts-store flts-kafka flts-tokens; do kubectl create secret generic $secret --from-literal=username=u --from-literal=password=p --from-literal=aws-access-key-id=k --from-literal=aws-secret-access-key=s --from-literal=admin-token=a --from-literal=read-token=r >/dev/null; done
check "production: install, with custom resources" helm install flts "$CHART" -f "$CHART/values-production.yaml"
SECONDS_TO_WAIT=180 check "production: every pod is ready" await pods_ready production
check "production: restricted admission refuses no pod" events_refused production
check "production: the HPA makes three pods of inference" await says '^3$' kubectl get deployment inference -o jsonpath='{.status.readyReplicas}'
check "production: they are on three nodes" says '^3$' bash -c "kubectl get pods -l app=inference -o jsonpath='{range .items[*]}{.spec.nodeName}{\"\n\"}{end}' | sort -u | wc -l"
fewest() { # the fewest ready pods of inference while a command runs
  local least=99 now; "$@" >"$DIR/while.log" 2>&1 & local job=$!
  while kill -0 $job 2>/dev/null; do
    now=$(kubectl get deployment inference -o jsonpath='{.status.readyReplicas}'); [ "${now:-0}" -ge "$least" ] || least=${now:-0}
  done
  wait $job || { cat "$DIR/while.log"; return 1; }
  echo "$least"
}
check "production: a rollout never has fewer than three ready pods" bash -c "$(declare -f fewest); DIR=$DIR; [ \"\$(fewest bash -c 'kubectl rollout restart deployment/inference && kubectl rollout status deployment/inference --timeout=120s')\" -ge 3 ]"
node=$(kubectl get pods -l app=inference -o jsonpath='{.items[0].spec.nodeName}')
check "production: a drain never has fewer than two ready pods" bash -c "$(declare -f fewest); DIR=$DIR; [ \"\$(fewest kubectl drain $node --ignore-daemonsets --delete-emptydir-data --force --timeout=90s)\" -ge 2 ]"
check "production: inference is complete after the drain" await says '^3$' kubectl get deployment inference -o jsonpath='{.status.readyReplicas}'
for n in 1 2 3 4; do kubectl cordon n$n >/dev/null; done
kubectl delete hpa inference-hpa >/dev/null; kubectl scale deployment inference --replicas=2 >/dev/null
await says '^2$' kubectl get deployment inference -o jsonpath='{.status.readyReplicas}'
# the controller of budgets counts a moment later
await says '^0 2$' kubectl get pdb inference-pdb -o jsonpath='{.status.disruptionsAllowed} {.status.currentHealthy}'
node=$(kubectl get pods -l app=inference -o jsonpath='{.items[0].spec.nodeName}')
check "production: a drain that would leave one pod is refused" refuses "disruption budget" kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --force --timeout=15s
for n in 1 2 3 4; do kubectl uncordon n$n >/dev/null; done
check "production: upgrade to KEDA replaces the HPA" helm upgrade flts "$CHART" -f "$CHART/values-production.yaml" --set pods.inference.autoscaling.kind=keda
check "production: the ScaledObject is there" says 'inference-scaler' kubectl get scaledobjects
check "production: upgrade to the Gateway API" helm upgrade flts "$CHART" -f "$CHART/values-production.yaml" --set ingress.enabled=false --set gateway.enabled=true --set 'gateway.parentRefs[0].name=public'
check "production: the HTTPRoute is there" says 'inference' kubectl get httproutes
check "production: rollback" helm rollback flts 1
check "production: uninstall" helm uninstall flts

# restricted admission is on, and rendered values are what the server takes
check "a pod that runs as root is refused" refuses "violates PodSecurity" kubectl run root --image=busybox
for values in platform eks; do
  files=(-f "$CHART/values-production.yaml" -f "$CHART/values-$values.yaml"); [ $values = eks ] || files=(-f "$CHART/values-platform.yaml")
  check "$values: the API server takes every object (dry run, strict)" bash -c "helm template flts '$CHART' -n production --kube-version 1.34.2 ${files[*]} --no-hooks | kubectl apply --dry-run=server --validate=strict -f -"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
