{{/* Short enough for the longest name made of it, that of a StatefulSet's revision. */}}
{{- define "hark.fullname" -}}
{{- if contains "hark" .Release.Name -}}
{{- .Release.Name | trunc 42 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-hark" (.Release.Name | trunc 37 | trimSuffix "-") -}}
{{- end -}}
{{- end -}}

{{- define "hark.selector" -}}
app.kubernetes.io/name: hark
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "hark.labels" -}}
{{ include "hark.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Fails with everything that is missing or cannot be, at once. */}}
{{- define "hark.check" -}}
{{- $wrong := list -}}
{{- if not .Values.image.repository -}}
{{- $wrong = append $wrong "image.repository is empty: push what deploy/Dockerfile builds, and say where" -}}
{{- end -}}
{{- if not .Values.kafka.servers -}}
{{- $wrong = append $wrong "kafka.servers is empty: give host:port of a broker" -}}
{{- end -}}
{{- range $name, $_ := .Values.kafka.settings -}}
{{- if or (contains "password" $name) (contains "secret" $name) (eq $name "ssl.key.pem") -}}
{{- $wrong = append $wrong (printf "kafka.settings has %s, which is a secret: see kafka.credentials, or kafka.files and ssl.key.location" $name) -}}
{{- end -}}
{{- end -}}
{{- if not .Values.authors.pepper.secret -}}
{{- $wrong = append $wrong "authors.pepper.secret is empty: make a Secret with a pepper and name it, for example: kubectl create secret generic hark-pepper --from-literal=pepper=$(openssl rand -hex 32)" -}}
{{- end -}}
{{- if not .Values.config -}}
{{- $wrong = append $wrong "config is empty: give hark's configuration with --set-file config=FILE" -}}
{{- end -}}
{{- with regexFind "(?m)^\\s*\\[\\s*(log|http|authors)\\s*[\\].]" .Values.config -}}
{{- $wrong = append $wrong (printf "config has the section %s…, which the chart writes: see kafka and authors" (trim .)) -}}
{{- end -}}
{{- if and .Values.push.enabled (not (regexMatch (printf "(?m)^\\s*listen\\s*=\\s*[\"'](0\\.0\\.0\\.0|\\[::\\]):%d[\"']" (int .Values.push.port)) .Values.config)) -}}
{{- $wrong = append $wrong (printf "push is enabled, and no source of config has listen = \"0.0.0.0:%d\"" (int .Values.push.port)) -}}
{{- end -}}
{{- if $wrong -}}
{{- fail (printf "\n- %s" (join "\n- " $wrong)) -}}
{{- end -}}
{{- end -}}

{{/* hark.toml: what the chart knows, then what the user says. A JSON string is a TOML string. */}}
{{- define "hark.toml" -}}
[log]
topic_prefix = {{ .Values.kafka.topicPrefix | toJson }}

[log.kafka]
servers = {{ .Values.kafka.servers | toJson }}
partitions = {{ int .Values.kafka.partitions }}
{{- with .Values.kafka.replicas }}
replicas = {{ int . }}
{{- end }}
{{- if .Values.kafka.credentials.secret }}
user_env = "HARK_KAFKA_USER"
password_env = "HARK_KAFKA_PASSWORD"
{{- end }}
{{- with .Values.kafka.settings }}

[log.kafka.settings]
{{- range $name, $value := . }}
{{ $name | toJson }} = {{ $value | toJson }}
{{- end }}
{{- end }}

[http]
listen = "0.0.0.0:9600"

[authors]
pepper_env = "HARK_PEPPER"

{{ .Values.config | trim }}
{{- end -}}

{{/* One environment variable from a Secret: (list NAME SECRET KEY). */}}
{{- define "hark.secretEnv" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
{{- end -}}

{{/* The pods of a role: (dict "root" $ "role" ROLE "claim" BOOL), claim: a volume claim is "data". */}}
{{- define "hark.pod" -}}
{{- $values := .root.Values -}}
{{- $own := index $values .role -}}
metadata:
  labels:
    {{- include "hark.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .role }}
  annotations:
    # hark reads its configuration at the start.
    checksum/config: {{ include "hark.toml" .root | sha256sum }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- with $values.serviceAccountName }}
  serviceAccountName: {{ . }}
  {{- end }}
  automountServiceAccountToken: false
  # Variables of Services called hark-… could be taken for hark's own.
  enableServiceLinks: false
  {{- with $values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ int $values.terminationGracePeriodSeconds }}
  securityContext:
    {{- toYaml $values.podSecurityContext | nindent 4 }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - {{- toYaml . | nindent 6 }}
      labelSelector:
        matchLabels:
          {{- include "hark.selector" $.root | nindent 10 }}
    {{- end }}
  {{- end }}
  containers:
    - name: hark
      image: {{ $values.image.repository }}{{ with $values.image.digest }}@{{ . }}{{ else }}:{{ $values.image.tag | default .root.Chart.AppVersion }}{{ end }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args:
        - run
        - --role={{ .role }}
        {{- if $values.log.json }}
        - --log-json
        {{- end }}
        {{- with $values.log.filter }}
        - --log={{ . }}
        {{- end }}
      env:
        # `hark report` and `tail`, run in this pod, copy what they look at from the cluster, and the root
        # file system is read-only.
        - name: TMPDIR
          value: /data
        {{- if eq .role "ingest" }}
        {{- include "hark.secretEnv" (list "HARK_PEPPER" $values.authors.pepper.secret $values.authors.pepper.key) | nindent 8 }}
        {{- end }}
        {{- with $values.kafka.credentials }}
        {{- if .secret }}
        {{- include "hark.secretEnv" (list "HARK_KAFKA_USER" .secret .userKey) | nindent 8 }}
        {{- include "hark.secretEnv" (list "HARK_KAFKA_PASSWORD" .secret .passwordKey) | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- range $own.secretEnv }}
        {{- include "hark.secretEnv" (list .name .secret .key) | nindent 8 }}
        {{- end }}
      ports:
        - name: http
          containerPort: 9600
        {{- if and (eq .role "ingest") $values.push.enabled }}
        - name: push
          containerPort: {{ int $values.push.port }}
        {{- end }}
      # hark answers once it has found its cluster, for which it waits 15 s, and before it has read its
      # state. Then /healthz says that the process lives, /readyz that work which waits gets done: a new
      # process would do no better, so that is no reason to kill it.
      startupProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        periodSeconds: 5
        timeoutSeconds: 3
      resources:
        {{- toYaml $own.resources | nindent 8 }}
      securityContext:
        {{- toYaml $values.securityContext | nindent 8 }}
      volumeMounts:
        - name: config
          mountPath: /etc/hark/hark.toml
          subPath: hark.toml
          readOnly: true
        - name: data
          mountPath: /data
        {{- if $values.kafka.files.secret }}
        - name: kafka
          mountPath: /etc/hark/kafka
          readOnly: true
        {{- end }}
        {{- with $own.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "hark.fullname" .root }}
    {{- if not .claim }}
    - name: data
      emptyDir: {}
    {{- end }}
    {{- with $values.kafka.files.secret }}
    - name: kafka
      secret:
        secretName: {{ . }}
    {{- end }}
    {{- with $own.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
