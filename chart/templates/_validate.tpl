{{/* Mistakes that a schema cannot see, each a sentence that says what to do. All of them are told at once. */}}
{{- define "flts.mistakes" -}}
{{- $mistakes := list -}}
{{- $layout := include "flts.layout" . -}}
{{- $pods := include "flts.pods" . | fromYaml -}}
{{- $backends := include "flts.backends" . | fromYaml -}}
{{- $flts := 0 -}}
{{- range $name, $pod := $pods -}}
{{- if eq $pod.software "flts" }}{{ $flts = add $flts 1 }}{{ end -}}
{{- $scaling := dig "autoscaling" "kind" "" $pod -}}
{{- if and $scaling (ne $pod.kind "Deployment") }}{{ $mistakes = append $mistakes (printf "pods.%s.autoscaling.kind is %s, but the pod is a %s; only a Deployment can be scaled. Remove autoscaling.kind." $name $scaling $pod.kind) }}{{ end -}}
{{- if and (eq $scaling "keda") (not (include "flts.prometheusAddress" $)) }}{{ $mistakes = append $mistakes (printf "pods.%s.autoscaling.kind is keda, but there is no Prometheus to ask. Set keda.prometheusAddress." $name) }}{{ end -}}
{{- if and $scaling (gt (int64 $pod.autoscaling.minReplicas) (int64 $pod.autoscaling.maxReplicas)) }}{{ $mistakes = append $mistakes (printf "pods.%s.autoscaling.minReplicas is larger than maxReplicas." $name) }}{{ end -}}
{{- if and (eq $pod.kind "CronJob") (not $pod.schedule) }}{{ $mistakes = append $mistakes (printf "pods.%s is a CronJob without a schedule. Set pods.%s.schedule, for example \"0 3 * * *\"." $name $name) }}{{ end -}}
{{- if and (ne $pod.software "flts") (not (dig "repository" "" ($pod.image | default dict))) }}{{ $mistakes = append $mistakes (printf "pods.%s.software is %s, but it has no image. Set pods.%s.image.repository and tag." $name $pod.software $name) }}{{ end -}}
{{- range $to, $ports := $pod.connects -}}
{{- if not (hasKey $.Values.pods $to) }}{{ $mistakes = append $mistakes (printf "pods.%s.connects names %s, and there is no such pod." $name $to) -}}
{{- else if hasKey $pods $to -}}
{{- range $ports }}{{ if not (hasKey (index $pods $to).ports .) }}{{ $mistakes = append $mistakes (printf "pods.%s.connects names port %s of %s, which has no such port." $name . $to) }}{{ end }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if and (eq $name "kafka") (gt (int64 $pod.replicas) 1) }}{{ $mistakes = append $mistakes "pods.kafka.replicas is larger than 1, but its quorum has one member. Use Strimzi or another operator for more brokers, and set kafka.bootstrapServers." }}{{ end -}}
{{- end -}}
{{- if and (gt $flts 1) (not $backends.kafka) }}{{ $mistakes = append $mistakes "There are several FLTS pods, but no broker that they share. Set kafka.bootstrapServers, or pods.kafka.enabled." }}{{ end -}}
{{- if and (gt $flts 1) (not $backends.store) }}{{ $mistakes = append $mistakes "There are several FLTS pods, but no object store that they share. Set store.endpoint, store.aws or pods.minio.enabled." }}{{ end -}}
{{- if and (hasKey $pods "flts") (not (and $backends.kafka $backends.store)) (gt (int64 $pods.flts.replicas) 1) }}{{ $mistakes = append $mistakes "pods.flts.replicas is larger than 1, but each of them would have a broker and a store of its own. Use layout split." }}{{ end -}}
{{- $sasl := hasPrefix "SASL_" .Values.kafka.securityProtocol -}}
{{- if and $sasl (not .Values.kafka.saslMechanism) }}{{ $mistakes = append $mistakes (printf "kafka.securityProtocol is %s, which needs kafka.saslMechanism." .Values.kafka.securityProtocol) }}{{ end -}}
{{- if and $sasl (not .Values.kafka.existingSecret) }}{{ $mistakes = append $mistakes (printf "kafka.securityProtocol is %s, which needs a login. Set kafka.existingSecret to a Secret with user name and password." .Values.kafka.securityProtocol) }}{{ end -}}
{{- if and .Values.ingress.enabled (not (include "flts.frontName" .)) }}{{ $mistakes = append $mistakes "ingress.enabled is true, but no pod answers forecasts. Enable pods.inference." }}{{ end -}}
{{- if and .Values.gateway.enabled (not (include "flts.frontName" .)) }}{{ $mistakes = append $mistakes "gateway.enabled is true, but no pod answers forecasts. Enable pods.inference." }}{{ end -}}
{{- if and .Values.gateway.enabled (not .Values.gateway.parentRefs) }}{{ $mistakes = append $mistakes "gateway.enabled is true, but no Gateway is named. Set gateway.parentRefs." }}{{ end -}}
{{- if and .Values.tokens.readTokenKey (not .Values.tokens.existingSecret) }}{{ $mistakes = append $mistakes "tokens.readTokenKey is set, but the Secret that is generated has no such key. Set tokens.existingSecret." }}{{ end -}}
{{- range $name, $_ := .Values.settings -}}
{{- if regexMatch "(TOKEN|PASSWORD|SECRET_ACCESS_KEY)$" $name }}{{ $mistakes = append $mistakes (printf "settings.%s is a secret, and settings go into a ConfigMap. Put it into a Secret, and name that in envFrom, tokens, kafka or store." $name) }}{{ end -}}
{{- end -}}
{{- range $mistakes }}
  - {{ . }}
{{- end -}}
{{- end }}
