import { EMAIL_TEMPLATES } from "./email/template.ts";

const FIRING = "{{ if .Alerts.Firing }}";
const RESOLVED = "{{ if .Alerts.Resolved }}";
const ANNOTATIONS = '{{ join " " .CommonAnnotations.SortedPairs.Values }}\n';
const SUBJECT = '{{ template "__subject" . }}';
const NAME = '{{ template "__alertmanager" . }}';
const LINK = '{{ template "__alertmanagerURL" . }}';
const COLOR = '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}';
const LISTS = '{{ template "__lists" . }}';
const SHORT_LISTS = '{{ template "__short_lists" . }}';
const MARKDOWN_LISTS = '\n{{ template "__markdown_lists" . }}';

/** Both lists, each under its title; `wrap` is what stands before a title and behind its list. */
function lists(title: string, list: string, wrap: string): string {
  const part = (condition: string, name: string) =>
    `${condition}${wrap}${title}Alerts ${name}:\n{{ template "${list}" .Alerts.${name} }}${wrap}{{ end }}`;
  return `${part(FIRING, "Firing")}\n${part(RESOLVED, "Resolved")}${wrap}`;
}

/** One alert after the other, with `indent` before each pair and `gap` between the parts. */
function alertList(indent: string, gap: string): string {
  const pairs = (of: string) =>
    `{{ range .${of}.SortedPairs }}${indent}{{ .Name }} = {{ .Value }}\n{{ end }}`;
  return (
    `{{ range . }}${gap}Labels:\n${pairs("Labels")}${gap}Annotations:\n${pairs("Annotations")}` +
    `${gap}Source: {{ .GeneratorURL }}\n{{ end }}${gap}`
  );
}

/** The priority that a list's worst severity has in Jira. */
const JIRA_PRIORITY =
  '{{ $found := "" }}{{ range . }}{{ $severity := index .Labels "severity" }}' +
  '{{ if eq $severity "critical" }}{{ $found = "High" }}' +
  '{{ else if and (eq $severity "warning") (ne $found "High") }}{{ $found = "Medium" }}' +
  '{{ else if and (eq $severity "info") (eq $found "") }}{{ $found = "Low" }}{{ end }}' +
  "{{ end }}{{ $found }}";
const WORST = (list: string) => `{{ template "__jira_priority" .Alerts.${list} }}`;
const HAS_PRIORITY = (list: string) =>
  `{{ $known := false }}{{ range .Alerts.${list} }}` +
  '{{ if match "^(critical|warning|info)$" (index .Labels "severity") }}{{ $known = true }}{{ end }}' +
  "{{ end }}";

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
  ["__text_alert_list", alertList(" - ", "")],
  ["__text_alert_list_markdown", alertList("  - ", "\n")],
  ["__lists", lists("", "__text_alert_list", "\n")],
  ["__short_lists", lists("", "__text_alert_list", "")],
  ["__markdown_lists", lists("# ", "__text_alert_list_markdown", "\n")],
  ["__jira_priority", JIRA_PRIORITY],

  ["slack.default.title", SUBJECT],
  ["slack.default.username", NAME],
  ["slack.default.titlelink", LINK],
  [
    "slack.default.fallback",
    '{{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}',
  ],
  ["slack.default.color", COLOR],
  ["slack.default.callbackid", ""],
  ["slack.default.pretext", ""],
  ["slack.default.iconemoji", ""],
  ["slack.default.iconurl", ""],
  ["slack.default.text", ""],
  ["slack.default.footer", ""],

  ["pagerduty.default.description", SUBJECT],
  ["pagerduty.default.client", NAME],
  ["pagerduty.default.clientURL", LINK],
  ["pagerduty.default.instances", '{{ template "__text_alert_list" . }}'],

  ["opsgenie.default.message", SUBJECT],
  ["opsgenie.default.description", ANNOTATIONS + SHORT_LISTS],
  ["opsgenie.default.source", LINK],

  ["wechat.default.message", `${SUBJECT}\n${ANNOTATIONS}${SHORT_LISTS}\nAlertmanagerUrl:\n${LINK}`],
  ["wechat.default.to_user", ""],
  ["wechat.default.to_party", ""],
  ["wechat.default.to_tag", ""],
  ["wechat.default.agent_id", ""],

  ["victorops.default.state_message", ANNOTATIONS + SHORT_LISTS],
  ["victorops.default.entity_display_name", SUBJECT],
  ["victorops.default.monitoring_tool", NAME],

  ["pushover.default.title", SUBJECT],
  ["pushover.default.message", ANNOTATIONS + LISTS],
  ["pushover.default.url", LINK],

  ["sns.default.subject", SUBJECT],
  ["sns.default.message", ANNOTATIONS + LISTS],

  ["telegram.default.message", `\n${LISTS}`],

  ["discord.default.content", ""],
  ["discord.default.title", SUBJECT],
  ["discord.default.message", `\n${LISTS}`],

  ["webex.default.message", ANNOTATIONS + LISTS],

  ["msteams.default.summary", SUBJECT],
  ["msteams.default.title", SUBJECT],
  ["msteams.default.text", MARKDOWN_LISTS],
  ["msteamsv2.default.title", SUBJECT],
  ["msteamsv2.default.text", MARKDOWN_LISTS],

  ["jira.default.summary", SUBJECT],
  ["jira.default.description", MARKDOWN_LISTS],
  [
    "jira.default.priority",
    `${HAS_PRIORITY("Firing")}{{ if $known }}${WORST("Firing")}{{ else }}${WORST("Resolved")}{{ end }}`,
  ],

  ["rocketchat.default.title", SUBJECT],
  ["rocketchat.default.alias", NAME],
  ["rocketchat.default.titlelink", LINK],
  ["rocketchat.default.emoji", ""],
  ["rocketchat.default.iconurl", ""],
  ["rocketchat.default.text", ""],

  ["mattermost.default.username", NAME],
  ["mattermost.default.color", COLOR],
  ["mattermost.default.title", SUBJECT],
  ["mattermost.default.titlelink", LINK],
  [
    "mattermost.default.fallback",
    '{{ template "mattermost.default.title" . }} | {{ template "mattermost.default.titlelink" . }}',
  ],
  ["mattermost.default.text", MARKDOWN_LISTS],

  ["email.default.subject", SUBJECT],
  ...EMAIL_TEMPLATES,
]
  .map(([name, text]) => `{{ define ${JSON.stringify(name)} }}${text}{{ end }}`)
  .join("\n");
