{{/* Keys of the chart of the Python FLTS (values-complete.yaml) that are the names of pods here. */}}
{{- define "flts.originalKeys" -}}
[inference, eval, train-gru, train-lstm, nonml-prophet, fastapi-app, preprocess, kafka, minio, mlflow, mlflow-postgres, prometheus, grafana, locust-master, locust-worker]
{{- end }}

{{/* What such a key says about its pod, in the words of an entry of `pods`. Takes root, name. */}}
{{- define "flts.original" -}}
{{- $given := dict -}}
{{- if has .name (include "flts.originalKeys" . | fromYamlArray) -}}
{{- $given = index .root.Values .name | default dict -}}
{{- end -}}
{{- $entry := dict -}}
{{- range $key := list "enabled" "replicas" "resources" "service" "nodeSelector" "tolerations" "affinity" "podAnnotations" "podLabels" "schedule" "suspend" -}}
{{- if hasKey $given $key }}{{ $_ := set $entry $key (index $given $key) }}{{ end -}}
{{- end -}}
{{- if hasKey $given "replicaCount" }}{{ $_ := set $entry "replicas" $given.replicaCount }}{{ end -}}
{{- with $given.image -}}
{{- if kindIs "string" . -}}
{{- /* repository:tag; a colon before a slash belongs to the registry */ -}}
{{- $image := dict "repository" . -}}
{{- if regexMatch ":[^/]+$" . }}{{ $image = dict "repository" (regexReplaceAll ":[^/:]+$" . "") "tag" (regexFind "[^/:]+$" .) }}{{ end -}}
{{- $_ := set $entry "image" $image -}}
{{- else -}}
{{- $_ := set $entry "image" . -}}
{{- end -}}
{{- end -}}
{{- $size := dig "storage" "size" (dig "persistence" "size" "" $given) $given -}}
{{- $class := dig "storage" "storageClass" (dig "persistence" "storageClass" "" $given) $given -}}
{{- $persistence := dict -}}
{{- if $size }}{{ $_ := set $persistence "size" $size }}{{ end -}}
{{- if $class }}{{ $_ := set $persistence "storageClass" $class }}{{ end -}}
{{- if $persistence }}{{ $_ := set $entry "persistence" $persistence }}{{ end -}}
{{- with $given.autoscaling -}}
{{- $scaling := omit . "enabled" -}}
{{- if .enabled }}{{ $_ := set $scaling "kind" "hpa" }}{{ end -}}
{{- $_ := set $entry "autoscaling" $scaling -}}
{{- end -}}
{{- with $given.env -}}
{{- $env := dict -}}
{{- if kindIs "slice" . -}}
{{- range . }}{{ $_ := set $env .name (ternary (dict "valueFrom" .valueFrom) .value (hasKey . "valueFrom")) }}{{ end -}}
{{- else -}}
{{- /* awsAccessKeyId is AWS_ACCESS_KEY_ID */ -}}
{{- range $name, $value := . }}{{ $_ := set $env (regexMatch "^[a-z][A-Za-z0-9]*$" $name | ternary ($name | snakecase | upper) $name) $value }}{{ end -}}
{{- end -}}
{{- $_ := set $entry "env" $env -}}
{{- end -}}
{{- toYaml $entry -}}
{{- end }}
