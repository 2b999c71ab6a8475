{{/* Settings of all FLTS pods: the data of ConfigMap flts-config. */}}
{{- define "flts.settings" -}}
{{- $backends := include "flts.backends" . | fromYaml -}}
{{- $data := dict "DRAIN_NOTICE_MS" .Values.drain.noticeMs "DRAIN_TIMEOUT_MS" .Values.drain.timeoutMs -}}
{{- with $backends.kafka -}}
{{- $_ := set $data "KAFKA_BOOTSTRAP_SERVERS" .address -}}
{{- $kafka := $.Values.kafka -}}
{{- if ne $kafka.securityProtocol "PLAINTEXT" }}{{ $_ := set $data "KAFKA_SECURITY_PROTOCOL" $kafka.securityProtocol }}{{ end -}}
{{- if $kafka.saslMechanism }}{{ $_ := set $data "KAFKA_SASL_MECHANISM" $kafka.saslMechanism }}{{ end -}}
{{- if $kafka.caSecret }}{{ $_ := set $data "KAFKA_SSL_CA_LOCATION" "/run/secrets/flts/kafka-ca.crt" }}{{ end -}}
{{- if $kafka.topicPartitions }}{{ $_ := set $data "KAFKA_TOPIC_PARTITIONS" $kafka.topicPartitions }}{{ end -}}
{{- if $kafka.topicReplication }}{{ $_ := set $data "KAFKA_TOPIC_REPLICATION" $kafka.topicReplication }}{{ end -}}
{{- end -}}
{{- with $backends.store -}}
{{- if .address }}{{ $_ := set $data "S3_ENDPOINT_URL" .address }}{{ else }}{{ $_ := set $data "OBJECT_STORE" "s3" }}{{ end -}}
{{- if $.Values.store.region }}{{ $_ := set $data "AWS_REGION" $.Values.store.region }}{{ end -}}
{{- if $.Values.store.caSecret }}{{ $_ := set $data "AWS_CA_BUNDLE" "/run/secrets/flts/store-ca.crt" }}{{ end -}}
{{- end -}}
{{- with $backends.tracking }}{{ $_ := set $data "MLFLOW_TRACKING_URI" .address }}{{ end -}}
{{- range $name, $value := .Values.settings }}{{ $_ := set $data $name $value }}{{ end -}}
{{- range $name, $value := $data }}
{{ $name }}: {{ include "flts.text" $value | quote }}
{{- end -}}
{{- end }}

{{/* The Secret with the keys of the store, if there is one. */}}
{{- define "flts.storeSecret" -}}
{{- $store := (include "flts.backends" . | fromYaml).store | default dict -}}
{{- if .Values.store.existingSecret }}{{ .Values.store.existingSecret }}{{ else if $store.pod }}{{ .Values.platform.storeSecret }}{{ end -}}
{{- end }}

{{/*
Secrets that FLTS pods read as files, as name of the file: {secret, key, setting}. Files are read again when a store or broker refuses
what they held before; environment variables would need a restart.
*/}}
{{- define "flts.secretFiles" -}}
{{- $backends := include "flts.backends" . | fromYaml -}}
{{- $files := dict -}}
{{- with include "flts.storeSecret" . -}}
{{- $_ := set $files "aws-access-key-id" (dict "secret" . "key" $.Values.store.accessKeyKey "setting" "AWS_ACCESS_KEY_ID_FILE") -}}
{{- $_ := set $files "aws-secret-access-key" (dict "secret" . "key" $.Values.store.secretKeyKey "setting" "AWS_SECRET_ACCESS_KEY_FILE") -}}
{{- end -}}
{{- if and $backends.store .Values.store.caSecret }}{{ $_ := set $files "store-ca.crt" (dict "secret" .Values.store.caSecret "key" .Values.store.caKey) }}{{ end -}}
{{- if $backends.kafka -}}
{{- with .Values.kafka.existingSecret }}{{ $_ := set $files "kafka-password" (dict "secret" . "key" $.Values.kafka.passwordKey "setting" "KAFKA_SASL_PASSWORD_FILE") }}{{ end -}}
{{- with .Values.kafka.caSecret }}{{ $_ := set $files "kafka-ca.crt" (dict "secret" . "key" $.Values.kafka.caKey) }}{{ end -}}
{{- end -}}
{{- with include "flts.tokenSecret" . -}}
{{- $_ := set $files "admin-token" (dict "secret" . "key" $.Values.tokens.adminTokenKey "setting" "ADMIN_TOKEN_FILE") -}}
{{- if $.Values.tokens.readTokenKey }}{{ $_ := set $files "read-token" (dict "secret" . "key" $.Values.tokens.readTokenKey "setting" "READ_TOKEN_FILE") }}{{ end -}}
{{- end -}}
{{- toYaml $files -}}
{{- end }}

{{/* Families that the trainers of this release train: what an evaluator without a trainer of its own waits for. */}}
{{- define "flts.trainedFamilies" -}}
{{- $families := list -}}
{{- range $name, $pod := include "flts.pods" . | fromYaml }}{{ if has "trainer" ($pod.roles | default list) }}{{ $families = concat $families ($pod.families | default list) }}{{ end }}{{ end -}}
{{- $families | uniq | sortAlpha | join "," -}}
{{- end }}

{{/* Environment of a pod, as NAME: value or NAME: {valueFrom}. Takes root, name, pod. */}}
{{- define "flts.env" -}}
{{- $env := dict -}}
{{- if eq .pod.software "flts" -}}
{{- $roles := .pod.roles | default list -}}
{{- $_ := set $env "DATA_DIR" "/var/lib/flts" -}}
{{- $_ := set $env "TERMINATION_LOG" "/dev/termination-log" -}}
{{- if $roles }}{{ $_ := set $env "ROLES" (join "," $roles) }}{{ end -}}
{{- if include "flts.stays" .pod }}{{ $_ := set $env "HTTP_ADDR" (printf "%s:%s" .root.Values.listenHost (include "flts.text" .pod.port)) }}{{ end -}}
{{- if and .pod.families (has "trainer" $roles) }}{{ $_ := set $env "MODEL_TYPE" (join "," .pod.families) }}{{ end -}}
{{- if and (has "evaluator" $roles) (not (has "trainer" $roles)) -}}
{{- with include "flts.trainedFamilies" .root }}{{ $_ := set $env "EXPECTED_MODEL_TYPES" . }}{{ end -}}
{{- end -}}
{{- range $file, $secret := include "flts.secretFiles" .root | fromYaml -}}
{{- if $secret.setting }}{{ $_ := set $env $secret.setting (printf "/run/secrets/flts/%s" $file) }}{{ end -}}
{{- end -}}
{{- $kafka := .root.Values.kafka -}}
{{- if and $kafka.existingSecret (include "flts.backends" .root | fromYaml).kafka -}}
{{- $_ := set $env "KAFKA_SASL_USERNAME" (dict "valueFrom" (dict "secretKeyRef" (dict "name" $kafka.existingSecret "key" $kafka.usernameKey))) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := .pod.env }}{{ $_ := set $env $name $value }}{{ end -}}
{{- toYaml $env -}}
{{- end }}

{{/* The environment as a list. Those with valueFrom come first, so that others can use them as $(NAME). Takes root, env. */}}
{{- define "flts.envList" -}}
{{- range $name, $value := .env }}
{{- if kindIs "map" $value }}
- name: {{ $name }}
  {{- tpl (toYaml $value) $.root | nindent 2 }}
{{- end }}
{{- end }}
{{- range $name, $value := .env }}
{{- if not (kindIs "map" $value) }}
{{- $text := include "flts.text" $value }}
{{- $value := tpl $text $.root }}
{{- /* a template that renders to nothing is no variable */}}
{{- if or $value (not (contains "{{" $text)) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Seconds that a pod gets to stop: notice and drain as the pod has them, and the margin. Takes root, name, pod. */}}
{{- define "flts.graceSeconds" -}}
{{- if ne .pod.software "flts" -}}
{{- .pod.graceSeconds | default 30 -}}
{{- else -}}
{{- $settings := include "flts.settings" .root | fromYaml -}}
{{- $notice := dig "DRAIN_NOTICE_MS" $settings.DRAIN_NOTICE_MS (.pod.env | default dict) -}}
{{- $timeout := dig "DRAIN_TIMEOUT_MS" $settings.DRAIN_TIMEOUT_MS (.pod.env | default dict) -}}
{{- add (div (add (int64 $notice) (int64 $timeout) 999) 1000) (int64 .root.Values.drain.marginSeconds) -}}
{{- end -}}
{{- end }}
