{{/* The layout: the one that is set, else platform where a key of the chart of the Python FLTS is set, else single. */}}
{{- define "flts.layout" -}}
{{- if .Values.layout -}}
{{- .Values.layout -}}
{{- else -}}
{{- $layout := "single" -}}
{{- range $key := include "flts.originalKeys" . | fromYamlArray -}}
{{- /* `kafka` is a key of this chart too */ -}}
{{- if and (ne $key "kafka") (hasKey $.Values $key) }}{{ $layout = "platform" }}{{ end -}}
{{- end -}}
{{- $layout -}}
{{- end -}}
{{- end }}

{{/* Labels that select the pods of an entry. Takes root, name. */}}
{{- define "flts.selectorLabels" -}}
app: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* Labels of every object. Takes root, name. */}}
{{- define "flts.labels" -}}
{{ include "flts.selectorLabels" . }}
app.kubernetes.io/name: flts
app.kubernetes.io/component: {{ .name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The image of an entry. Takes root, pod. */}}
{{- define "flts.image" -}}
{{- $own := .pod.image | default dict -}}
{{- $image := $own -}}
{{- if eq .pod.software "flts" -}}
{{- $image = mergeOverwrite (deepCopy .root.Values.image) $own -}}
{{- /* a tag or repository of this pod alone is not the image that the digest of all pods names */ -}}
{{- if and (not $own.digest) (or $own.tag $own.repository) }}{{ $image = omit $image "digest" }}{{ end -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (include "flts.text" (default .root.Chart.AppVersion $image.tag)) -}}
{{- end -}}
{{- end }}

{{/* A scalar as text. Numbers of YAML are floats here, and must not become 1.048576e+08. */}}
{{- define "flts.text" -}}
{{- if kindIs "float64" . -}}
{{- if eq (floor .) . }}{{ printf "%.0f" . }}{{ else }}{{ . }}{{ end -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end }}

{{/* The name of the port that a Service or a probe means first: http, else the first in the alphabet. Takes a pod. */}}
{{- define "flts.mainPort" -}}
{{- if hasKey .ports "http" }}http{{ else }}{{ keys .ports | sortAlpha | first }}{{ end -}}
{{- end }}

{{/* "true" for pods that run until they are stopped. Takes a pod. */}}
{{- define "flts.stays" -}}
{{- if has .kind (list "Deployment" "StatefulSet") }}true{{ end -}}
{{- end }}

{{/* The name of the Secret with the tokens of the API, if there is one. */}}
{{- define "flts.tokenSecret" -}}
{{- if .Values.tokens.existingSecret }}{{ .Values.tokens.existingSecret }}{{ else if .Values.tokens.generate }}flts-tokens{{ end -}}
{{- end }}
