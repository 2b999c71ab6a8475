{{/* The pod template of a workload. Takes root, name, pod. */}}
{{- define "flts.podTemplate" -}}
{{- $root := .root -}}
{{- $name := .name -}}
{{- $pod := .pod -}}
{{- $flts := eq $pod.software "flts" -}}
{{- $stays := include "flts.stays" $pod -}}
metadata:
  labels:
    {{- /* no version: another chart alone starts no new pods */}}
    {{- include "flts.selectorLabels" . | nindent 4 }}
    app.kubernetes.io/name: flts
    app.kubernetes.io/component: {{ $name }}
    {{- with $pod.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    {{- include "flts.podAnnotations" . | nindent 4 }}
spec:
  serviceAccountName: {{ ternary $root.Values.serviceAccount.name "default" $flts }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "flts.graceSeconds" . }}
  {{- if not $stays }}
  restartPolicy: {{ ternary "OnFailure" "Never" (eq $pod.kind "Job") }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: {{ include "flts.text" $pod.uid }}
    runAsGroup: {{ include "flts.text" $pod.uid }}
    fsGroup: {{ include "flts.text" $pod.uid }}
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $pod.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $pod.spread }}
  topologySpreadConstraints:
    {{- range $key, $when := . }}
    - maxSkew: 1
      topologyKey: {{ get (dict "zone" "topology.kubernetes.io/zone" "node" "kubernetes.io/hostname") $key }}
      whenUnsatisfiable: {{ $when }}
      labelSelector:
        matchLabels:
          {{- include "flts.selectorLabels" $ | nindent 10 }}
      {{- if eq $pod.kind "Deployment" }}
      matchLabelKeys: [pod-template-hash]
      {{- end }}
    {{- end }}
  {{- end }}
  containers:
    - name: {{ $name }}
      image: {{ include "flts.image" . | quote }}
      imagePullPolicy: {{ dig "pullPolicy" $root.Values.image.pullPolicy ($pod.image | default dict) }}
      {{- with $pod.command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- $args := $pod.args }}
      {{- if and $flts (not $args) }}{{ $args = list "run" }}{{ end }}
      {{- with $args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- $envFrom := $pod.envFrom }}
      {{- if $flts }}{{ $envFrom = concat (list (dict "configMapRef" (dict "name" "flts-config"))) $root.Values.envFrom $pod.envFrom }}{{ end }}
      {{- with $envFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with include "flts.envList" (dict "root" $root "env" (include "flts.env" . | fromYaml)) | trim }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      {{- with $pod.ports }}
      ports:
        {{- range $port, $number := . }}
        - name: {{ $port }}
          containerPort: {{ include "flts.text" $number }}
          protocol: TCP
        {{- end }}
      {{- end }}
      {{- include "flts.probes" . | nindent 6 }}
      {{- with $pod.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if $flts }}
      terminationMessagePath: /dev/termination-log
      terminationMessagePolicy: FallbackToLogsOnError
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: {{ $pod.readOnlyRoot }}
        capabilities:
          drop: [ALL]
      {{- $volumes := include "flts.volumes" . | fromYaml }}
      {{- with $volumes.mounts }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  {{- with $volumes.volumes }}
  volumes:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Annotations of a pod: what makes it start anew when its configuration changes, and where its metrics are. Takes root, name, pod. */}}
{{- define "flts.podAnnotations" -}}
{{- if eq .pod.software "flts" -}}
checksum/config: {{ include "flts.settings" .root | sha256sum }}
{{- else if .pod.files -}}
checksum/files: {{ include (printf "flts.files.%s" .pod.files.from) .root | sha256sum }}
{{- else -}}
checksum/config: {{ toYaml .pod.env | sha256sum }}
{{- end }}
{{- if and (eq .pod.software "flts") (include "flts.stays" .pod) (eq .root.Values.monitoring.discovery "annotations") }}
prometheus.io/scrape: "true"
prometheus.io/path: /metrics
prometheus.io/port: {{ include "flts.text" .pod.port | quote }}
{{- end }}
{{- with .pod.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Probes: of FLTS each on its path; of other software those of its entry. Takes root, name, pod. */}}
{{- define "flts.probes" -}}
{{- if not (include "flts.stays" .pod) -}}
{{- else if eq .pod.software "flts" -}}
{{- $scheme := ternary "HTTPS" "HTTP" (hasKey (include "flts.settings" .root | fromYaml) "TLS_CERT") -}}
startupProbe:
  httpGet: {path: /healthz, port: http, scheme: {{ $scheme }}}
  {{- toYaml .pod.probes.startup | nindent 2 }}
livenessProbe:
  httpGet: {path: /livez, port: http, scheme: {{ $scheme }}}
  {{- toYaml .pod.probes.liveness | nindent 2 }}
readinessProbe:
  httpGet: {path: /readyz, port: http, scheme: {{ $scheme }}}
  {{- toYaml .pod.probes.readiness | nindent 2 }}
{{- else if .pod.probe -}}
startupProbe:
  {{- toYaml .pod.probe | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  {{- toYaml (.pod.livenessProbe | default .pod.probe) | nindent 2 }}
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  {{- toYaml .pod.probe | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
{{- end -}}
{{- end }}

{{/* Volumes and their mounts, as {volumes, mounts}. Takes root, name, pod. */}}
{{- define "flts.volumes" -}}
{{- $volumes := list -}}
{{- $mounts := list -}}
{{- $pod := .pod -}}
{{- $kept := $pod.persistence.enabled -}}
{{- if $kept -}}
{{- $mounts = append $mounts (dict "name" "data" "mountPath" $pod.persistence.mountPath) -}}
{{- if ne $pod.kind "StatefulSet" }}{{ $volumes = append $volumes (dict "name" "data" "persistentVolumeClaim" (dict "claimName" (printf "%s-data" .name))) }}{{ end -}}
{{- end -}}
{{- if eq $pod.software "flts" -}}
{{- if or (not $kept) (ne $pod.persistence.mountPath "/var/lib/flts") -}}
{{- $volumes = append $volumes (dict "name" "state" "emptyDir" dict) -}}
{{- $mounts = append $mounts (dict "name" "state" "mountPath" "/var/lib/flts") -}}
{{- end -}}
{{- $volumes = append $volumes (dict "name" "tmp" "emptyDir" dict) -}}
{{- $mounts = append $mounts (dict "name" "tmp" "mountPath" "/tmp") -}}
{{- $sources := dict -}}
{{- range $file, $secret := include "flts.secretFiles" .root | fromYaml -}}
{{- $item := dict "key" $secret.key "path" $file -}}
{{- $_ := set $sources $secret.secret (append (get $sources $secret.secret | default list) $item) -}}
{{- end -}}
{{- with $sources -}}
{{- $projected := list -}}
{{- range $secret, $items := . }}{{ $projected = append $projected (dict "secret" (dict "name" $secret "items" $items)) }}{{ end -}}
{{- $volumes = append $volumes (dict "name" "secrets" "projected" (dict "defaultMode" 288 "sources" $projected)) -}}
{{- $mounts = append $mounts (dict "name" "secrets" "mountPath" "/run/secrets/flts" "readOnly" true) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $pod.software "prometheus") .root.Values.tokens.readTokenKey -}}
{{- $items := list (dict "key" .root.Values.tokens.readTokenKey "path" "read-token") -}}
{{- $volumes = append $volumes (dict "name" "secrets" "secret" (dict "secretName" (include "flts.tokenSecret" .root) "items" $items)) -}}
{{- $mounts = append $mounts (dict "name" "secrets" "mountPath" "/run/secrets/flts" "readOnly" true) -}}
{{- end -}}
{{- with $pod.files -}}
{{- $map := dict "name" .name -}}
{{- if .items -}}
{{- /* a__b.yaml is a/b.yaml */ -}}
{{- $items := list -}}
{{- range $file, $_ := include (printf "flts.files.%s" .from) $.root | fromYaml }}{{ $items = append $items (dict "key" $file "path" ($file | replace "__" "/")) }}{{ end -}}
{{- $_ := set $map "items" $items -}}
{{- end -}}
{{- $volumes = append $volumes (dict "name" "files" "configMap" $map) -}}
{{- $mounts = append $mounts (dict "name" "files" "mountPath" .mountPath "readOnly" true) -}}
{{- end -}}
{{- range $name, $volume := $pod.volumes -}}
{{- $volumes = append $volumes (merge (dict "name" $name) (omit $volume "mountPath" "subPath" "readOnly")) -}}
{{- $mounts = append $mounts (merge (dict "name" $name) (pick $volume "mountPath" "subPath" "readOnly")) -}}
{{- end -}}
{{- toYaml (dict "volumes" $volumes "mounts" $mounts) -}}
{{- end }}
