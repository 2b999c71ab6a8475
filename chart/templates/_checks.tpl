{{/*
What `helm test` checks, as a list of {name, pod, port, url, check}: the smoke-test checklist of the report. `pod` and `port` are the
container's, for the NetworkPolicies; the URL is that of its Service.
*/}}
{{- define "flts.checks" -}}
{{- $pods := include "flts.pods" . | fromYaml -}}
{{- $front := include "flts.frontName" . -}}
{{- $checks := list -}}
{{- range $name, $pod := $pods -}}
{{- if and (eq $pod.software "flts") (include "flts.stays" $pod) -}}
{{- $base := printf "http://%s-pods:%s" $name (include "flts.text" $pod.port) -}}
{{- $checks = append $checks (dict "name" (printf "%s is ready" $name) "pod" $name "port" $pod.port "url" (printf "%s/readyz" $base) "check" "status") -}}
{{- end -}}
{{- end -}}
{{- with $front -}}
{{- $pod := index $pods . -}}
{{- $base := printf "http://%s:%s" . (include "flts.servicePort" $pod) -}}
{{- $checks = append $checks (dict "name" (printf "%s is healthy" .) "pod" . "port" $pod.port "url" (printf "%s/healthz" $base) "check" "status") -}}
{{- $checks = append $checks (dict "name" (printf "%s has a model" .) "pod" . "port" $pod.port "url" $base "check" "model") -}}
{{- $checks = append $checks (dict "name" (printf "%s forecasts" .) "pod" . "port" $pod.port "url" $base "check" "forecast") -}}
{{- $checks = append $checks (dict "name" (printf "%s forecasts for many at a time" .) "pod" . "port" $pod.port "url" $base "check" "concurrent") -}}
{{- end -}}
{{- range $one := list (list "minio" "api" "/minio/health/ready" "status") (list "minio" "console" "/" "status") (list "mlflow" "http" "/health" "status") (list "grafana" "http" "/api/health" "status") (list "prometheus" "http" "/-/ready" "status") -}}
{{- $name := index $one 0 -}}
{{- if hasKey $pods $name -}}
{{- $number := get (index $pods $name).ports (index $one 1) -}}
{{- $checks = append $checks (dict "name" (printf "%s answers %s" $name (index $one 2)) "pod" $name "port" $number "url" (printf "http://%s:%s%s" $name (include "flts.checkPort" (dict "pod" (index $pods $name) "port" (index $one 1))) (index $one 2)) "check" (index $one 3)) -}}
{{- end -}}
{{- end -}}
{{- if and (hasKey $pods "prometheus") $front -}}
{{- $checks = append $checks (dict "name" (printf "Prometheus scrapes %s" $front) "pod" "prometheus" "port" $pods.prometheus.ports.http "url" (printf "http://prometheus:%s/api/v1/query?query=up%%7Bjob%%3D%%22%s%%22%%7D" (include "flts.checkPort" (dict "pod" $pods.prometheus "port" "http")) $front) "check" "scraped") -}}
{{- end -}}
{{- range $name := list "kafka" "mlflow-postgres" -}}
{{- if hasKey $pods $name -}}
{{- $pod := index $pods $name -}}
{{- $number := get $pod.ports (include "flts.mainPort" $pod) -}}
{{- $checks = append $checks (dict "name" (printf "%s accepts connections" $name) "pod" $name "port" $number "url" (printf "tcp://%s:%s" $name (include "flts.text" $number)) "check" "connect") -}}
{{- end -}}
{{- end -}}
{{- toYaml $checks -}}
{{- end }}

{{/* The port of a Service. Takes pod, port (its name). */}}
{{- define "flts.checkPort" -}}
{{- $service := .pod.service | default dict -}}
{{- $port := dig .port "port" "" $service -}}
{{- if and (not $port) (eq .port (include "flts.mainPort" .pod)) }}{{ $port = $service.port }}{{ end -}}
{{- include "flts.text" ($port | default (get .pod.ports .port)) -}}
{{- end }}
