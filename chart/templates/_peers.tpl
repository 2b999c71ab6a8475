{{/*
Who connects to whom within the release, as a list of {from, to, ports}. Both policies of a pair are made from it: what may leave the
one may enter the other.
*/}}
{{- define "flts.edges" -}}
{{- $pods := include "flts.pods" . | fromYaml -}}
{{- $backends := include "flts.backends" . | fromYaml -}}
{{- $edges := list -}}
{{- range $name, $pod := $pods -}}
{{- range $to, $ports := $pod.connects -}}
{{- if hasKey $pods $to -}}
{{- $numbers := list -}}
{{- range $ports }}{{ $numbers = append $numbers (get (index $pods $to).ports .) }}{{ end -}}
{{- $edges = append $edges (dict "from" $name "to" $to "ports" $numbers) -}}
{{- end -}}
{{- end -}}
{{- if eq $pod.software "flts" -}}
{{- range $backend := $backends -}}
{{- if $backend.pod -}}
{{- $server := index $pods $backend.pod -}}
{{- $edges = append $edges (dict "from" $name "to" $backend.pod "ports" (list (get $server.ports (include "flts.mainPort" $server)))) -}}
{{- end -}}
{{- end -}}
{{- if and (include "flts.stays" $pod) (hasKey $pods "prometheus") -}}
{{- $edges = append $edges (dict "from" "prometheus" "to" $name "ports" (list $pod.port)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (hasKey $pods "prometheus") (hasKey $pods "minio") -}}
{{- $edges = append $edges (dict "from" "prometheus" "to" "minio" "ports" (list $pods.minio.ports.api)) -}}
{{- end -}}
{{- range include "flts.checks" . | fromYamlArray -}}
{{- $edges = append $edges (dict "from" "flts-test" "to" .pod "ports" (list .port)) -}}
{{- end -}}
{{- toYaml ($edges | uniq) -}}
{{- end }}

{{/* The ports of an address: host:port,... or a URL. Takes the address; none is AWS S3. */}}
{{- define "flts.addressPorts" -}}
{{- $ports := list -}}
{{- range $one := splitList "," . -}}
{{- $host := regexReplaceAll "^[a-z0-9]+://" (trim $one) "" | splitList "/" | first -}}
{{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" -}}
{{- if not $port }}{{ $port = ternary "80" "443" (hasPrefix "http://" $one) }}{{ end -}}
{{- $ports = append $ports (int64 $port) -}}
{{- end -}}
{{- toYaml ($ports | uniq) -}}
{{- end }}

{{/* A list of ports of a rule. Takes the numbers. */}}
{{- define "flts.policyPorts" -}}
{{- range . }}
- protocol: TCP
  port: {{ include "flts.text" . }}
{{- end }}
{{- end }}
