/**
 * The templates that a configuration may use without defining them. Names and results are those of
 * Alertmanager, so that a file written for it reads the same here; links lead to this installation.
 */
export const DEFAULT_TEMPLATES = [
  ["__alertmanager", "Seaworthy"],
  ["__alertmanagerURL", "{{ .ExternalURL }}/alerts?receiver={{ .Receiver | urlquery }}"],
  [
    "__subject_status",
    '{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}',
  ],
  [
    "__subject",
    '[{{ template "__subject_status" . }}] {{ join " " .GroupLabels.SortedPairs.Values }} ' +
      "{{ if gt (len .CommonLabels) (len .GroupLabels) }}" +
      '({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ join " " .Values }}{{ end }})' +
      "{{ end }}",
  ],
  ["__description", ""],
  [
    "__text_alert_list",
    "{{ range . }}Labels:\n" +
      "{{ range .Labels.SortedPairs }} - {{ .Name }} = {{ .Value }}\n{{ end }}" +
      "Annotations:\n" +
      "{{ range .Annotations.SortedPairs }} - {{ .Name }} = {{ .Value }}\n{{ end }}" +
      "Source: {{ .GeneratorURL }}\n{{ end }}",
  ],
  ["slack.default.title", '{{ template "__subject" . }}'],
  ["slack.default.username", '{{ template "__alertmanager" . }}'],
  ["slack.default.titlelink", '{{ template "__alertmanagerURL" . }}'],
  [
    "slack.default.fallback",
    '{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}',
  ],
  ["slack.default.color", '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}'],
  ["slack.default.callbackid", ""],
  ["slack.default.pretext", ""],
  ["slack.default.iconemoji", ""],
  ["slack.default.iconurl", ""],
  ["slack.default.text", ""],
  ["slack.default.footer", ""],
]
  .map(([name, text]) => `{{ define ${JSON.stringify(name)} }}${text}{{ end }}`)
  .join("\n");
