{{/* What ConfigMaps of pods hold, as name of the file: text. */}}
{{- define "flts.files.locust" -}}
locustfile.py: |
  {{- .Files.Get "files/locust/locustfile.py" | nindent 2 }}
{{- end }}

{{- define "flts.files.buckets" -}}
buckets.sh: |
  {{- .Files.Get "files/init/buckets.sh" | nindent 2 }}
{{- end }}

{{- define "flts.files.grafana" -}}
datasources__prometheus.yaml: |
  apiVersion: 1
  datasources:
    - name: Prometheus
      uid: prometheus
      type: prometheus
      access: proxy
      url: http://prometheus:9090
      isDefault: true
dashboards__flts.yaml: |
  apiVersion: 1
  providers:
    - name: flts
      type: file
      options: {path: /dashboards}
{{- end }}

{{/* One scrape job for each FLTS pod, named after it: up{job="eval"}. Addresses come from DNS, so that no token of Kubernetes is needed. */}}
{{- define "flts.files.prometheus" -}}
{{- $rules := .Files.Glob "files/rules/*.yaml" -}}
prometheus.yml: |
  global:
    scrape_interval: {{ .Values.monitoring.interval }}
  rule_files: [/etc/prometheus/rules-*.yaml]
  scrape_configs:
    {{- $pods := include "flts.pods" . | fromYaml }}
    {{- range $name, $pod := $pods }}
    {{- if and (eq $pod.software "flts") (include "flts.stays" $pod) }}
    - job_name: {{ $name }}
      metrics_path: /metrics
      {{- if $.Values.tokens.readTokenKey }}
      authorization: {credentials_file: /run/secrets/flts/read-token}
      {{- end }}
      dns_sd_configs:
        - names: [{{ $name }}-pods]
          type: A
          port: {{ include "flts.text" $pod.port }}
    {{- end }}
    {{- end }}
    {{- if hasKey $pods "minio" }}
    - job_name: minio
      metrics_path: /minio/v2/metrics/cluster
      static_configs:
        - targets: ['minio:9000']
    {{- end }}
    - job_name: prometheus
      static_configs:
        - targets: ['localhost:9090']
{{- range $path, $_ := $rules }}
rules-{{ base $path }}: |
  {{- $.Files.Get $path | nindent 2 }}
{{- end }}
{{- end }}
