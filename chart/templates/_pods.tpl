{{/*
The pods of this release, as name: entry. An entry is podDefaults, overlaid by pods.<name>, overlaid by the key <name> of the chart of
the Python FLTS. Left out are entries of other layouts, and those for which the program lacks something.
*/}}
{{- define "flts.pods" -}}
{{- /* made once for all templates */ -}}
{{- if not (hasKey .Values "renderedPods") -}}
{{- $pods := dict -}}
{{- range $name, $pod := include "flts.wanted" . | fromYaml -}}
{{- if not (include "flts.lack" (dict "root" $ "name" $name "pod" $pod)) }}{{ $_ := set $pods $name $pod }}{{ end -}}
{{- end -}}
{{- $_ := set .Values "renderedPods" (toYaml $pods) -}}
{{- end -}}
{{- .Values.renderedPods -}}
{{- end }}

{{/* The pods of this layout, whether the program can do them or not. */}}
{{- define "flts.wanted" -}}
{{- $layout := include "flts.layout" . -}}
{{- $pods := dict -}}
{{- range $name, $entry := .Values.pods -}}
{{- $original := include "flts.original" (dict "root" $ "name" $name) | fromYaml -}}
{{- $pod := mergeOverwrite (deepCopy $.Values.podDefaults) (deepCopy $entry) $original -}}
{{- $enabled := has $layout ($pod.layouts | default list) -}}
{{- if hasKey $pod "enabled" }}{{ $enabled = $pod.enabled }}{{ end -}}
{{- if $enabled -}}
{{- if and (eq $pod.software "flts") (include "flts.stays" $pod) }}{{ $_ := set $pod "ports" (merge $pod.ports (dict "http" $pod.port)) }}{{ end -}}
{{- if and $pod.families (ne $name "flts") }}{{ $_ := set $pod "families" (include "flts.knownFamilies" (dict "root" $ "pod" $pod) | fromYamlArray) }}{{ end -}}
{{- $_ := set $pods $name $pod -}}
{{- end -}}
{{- end -}}
{{- toYaml $pods -}}
{{- end }}

{{/* The families of a pod that the program trains; all of them if it trains none, so that what is lacking can be named. Takes root, pod. */}}
{{- define "flts.knownFamilies" -}}
{{- $known := list -}}
{{- range .pod.families }}{{ if has . $.root.Values.program.families }}{{ $known = append $known . }}{{ end }}{{ end -}}
{{- toYaml ($known | default .pod.families) -}}
{{- end }}

{{/* What the program lacks for a pod, as a sentence; empty if nothing. Takes root, name, pod. */}}
{{- define "flts.lack" -}}
{{- $program := .root.Values.program -}}
{{- range .pod.roles }}{{ if not (has . $program.roles) }}the program has no role {{ . }} yet{{ end }}{{ end -}}
{{- range .pod.families }}{{ if not (has . $program.families) }}the program has no family {{ . }} yet{{ end }}{{ end -}}
{{- if and (eq .name "backup") (not $program.backup) }}the program has no command backup yet{{ end -}}
{{- end }}

{{/* The pod that answers forecasts: inference, or flts in layout single. */}}
{{- define "flts.frontName" -}}
{{- $pods := include "flts.pods" . | fromYaml -}}
{{- if hasKey $pods "inference" }}inference{{ else if hasKey $pods "flts" }}flts{{ end -}}
{{- end }}

{{/*
What FLTS pods connect to, as YAML: kafka, store and tracking, each with `address`, and with `pod` if it is one of this release.
*/}}
{{- define "flts.backends" -}}
{{- $pods := include "flts.pods" . | fromYaml -}}
{{- $backends := dict -}}
{{- if .Values.kafka.bootstrapServers -}}
{{- $_ := set $backends "kafka" (dict "address" .Values.kafka.bootstrapServers) -}}
{{- else if hasKey $pods "kafka" -}}
{{- $_ := set $backends "kafka" (dict "address" "kafka:9092" "pod" "kafka") -}}
{{- end -}}
{{- if .Values.store.endpoint -}}
{{- $_ := set $backends "store" (dict "address" .Values.store.endpoint) -}}
{{- else if .Values.store.aws -}}
{{- $_ := set $backends "store" (dict "address" "") -}}
{{- else if hasKey $pods "minio" -}}
{{- $_ := set $backends "store" (dict "address" "http://minio:9000" "pod" "minio") -}}
{{- end -}}
{{- if .Values.program.mlflow -}}
{{- if .Values.tracking.uri -}}
{{- $_ := set $backends "tracking" (dict "address" .Values.tracking.uri) -}}
{{- else if hasKey $pods "mlflow" -}}
{{- $_ := set $backends "tracking" (dict "address" "http://mlflow:5000" "pod" "mlflow") -}}
{{- end -}}
{{- end -}}
{{- toYaml $backends -}}
{{- end }}
