/** Mail programs know little of style sheets, so every element carries its own style. */
const FONT = "font-family:Helvetica,Arial,sans-serif;font-size:14px;line-height:1.5;color:#1f2933";
const LINK = "color:#1c5fb0";
const HEAD = "padding:16px 20px;color:#ffffff;font-size:18px;font-weight:bold";
const NAME = "padding:1px 12px 1px 0;color:#5f6c7b;vertical-align:top;white-space:nowrap";
const VALUE = "padding:1px 0;word-break:break-word";

const PAIRS =
  '<table role="presentation" cellpadding="0" cellspacing="0">' +
  `{{ range .SortedPairs }}<tr><td style="${NAME}">{{ .Name }}</td>` +
  `<td style="${VALUE}">{{ .Value }}</td></tr>{{ end }}</table>`;

const ALERTS =
  '{{ range . }}<div style="margin:0 0 16px;padding:12px 16px;border:1px solid #d9e0e7;border-radius:4px">' +
  '{{ with .Annotations.summary }}<p style="margin:0 0 8px;font-weight:bold">{{ . }}</p>{{ end }}' +
  '{{ with .Annotations.description }}<p style="margin:0 0 8px">{{ . }}</p>{{ end }}' +
  '{{ template "__email_pairs" .Labels }}' +
  '{{ with .Annotations.Remove (stringSlice "summary" "description") }}' +
  '<p style="margin:8px 0 4px;color:#5f6c7b">Annotations</p>{{ template "__email_pairs" . }}{{ end }}' +
  `<p style="margin:8px 0 0"><a style="${LINK}" href="{{ .GeneratorURL }}">Source</a>` +
  `{{ with .Annotations.runbook_url }} &middot; <a style="${LINK}" href="{{ . }}">Runbook</a>{{ end }}</p>` +
  "</div>{{ end }}";

const section = (title: string, list: string) =>
  `{{ if .Alerts.${list} }}<h2 style="margin:20px 0 10px;font-size:16px">` +
  `{{ len .Alerts.${list} }} ${title}</h2>{{ template "__email_alerts" .Alerts.${list} }}{{ end }}`;

const COLOR = '{{ if eq .Status "firing" }}#b3261e{{ else }}#2e7d32{{ end }}';

/** The message that e-mails have when the configuration says nothing else. */
export const EMAIL_TEMPLATES: readonly (readonly [string, string])[] = [
  ["__email_pairs", PAIRS],
  ["__email_alerts", ALERTS],
  [
    "email.default.html",
    `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">` +
      `<meta name="viewport" content="width=device-width"><title>{{ template "__subject" . }}</title></head>` +
      `<body style="margin:0;background-color:#f2f5f8;${FONT}">` +
      '<div style="max-width:640px;margin:0 auto;padding:20px">' +
      `<div style="background-color:${COLOR};${HEAD}">` +
      '{{ template "__subject_status" . }} {{ join " " .GroupLabels.SortedPairs.Values }}</div>' +
      '<div style="background-color:#ffffff;padding:20px">' +
      `<p style="margin:0"><a style="${LINK}" href="{{ template "__alertmanagerURL" . }}">` +
      'See these alerts in {{ template "__alertmanager" . }}</a></p>' +
      section("firing", "Firing") +
      section("resolved", "Resolved") +
      "</div></div></body></html>",
  ],
];
