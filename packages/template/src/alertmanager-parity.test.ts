import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { alertmanagerFunctions, notificationData, TemplateSet } from "./index.ts";
import type { Notification } from "./index.ts";

/** Rendered by Alertmanager (amtool template render) and by this package; the results must agree. */
const TEMPLATES: readonly string[] = [
  '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]',
  '{{ .GroupLabels.SortedPairs.Values | join " " }} {{ .CommonLabels.Names | join "," }}',
  "{{ range .CommonLabels.SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}",
  "{{ range .Alerts }}{{ .Status }} {{ .Labels.alertname }} {{ .Annotations.summary }} {{ .Fingerprint }} {{ .GeneratorURL }}\n{{ end }}",
  "{{ range .Alerts.Resolved }}{{ .EndsAt.Format `2006-01-02T15:04:05Z07:00` }}{{ end }}",
  "{{ (index .Alerts 0).StartsAt }} {{ (index .Alerts 0).StartsAt.Unix }}",
  "{{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Names }}{{ .Values }}{{ end }}",
  "{{ .CommonLabels }} {{ .CommonAnnotations.nope }}|{{ .CommonLabels.SortedPairs }}",
  '{{ title "hello wORLD of ÉCOLE it\'s o\'neil-smith" }} {{ toLower "ABC" }}',
  '{{ stringSlice "a" "b" | join "-" }} {{ reReplaceAll "(.)b" "$1-" "abcb" }} {{ match "^a" "ab" }}',
  '{{ safeHtml "<b>" }} {{ html "<b>" }} {{ .ExternalURL }} {{ .Receiver }}',
  "{{ .Nope }}",
  "{{ (index .Alerts 5).Status }}",
  "{{ .CommonLabels.Remove 3 }}",
  '{{ join "," .Alerts }}',
  "{{ .Alerts.Firing.Nope }}",
  '{{ define "x" }}{{ . | len }}{{ end }}{{ template "x" .Alerts }}',
  "{{ len .Alerts.Resolved }}{{ range .Alerts.Resolved.Resolved }}{{ .Status }}{{ end }}",
  "{{ printf `%T %T %T` .CommonLabels .Alerts .Status }}",
];

/** The same as HTML: values are escaped for the place that they are printed into. */
const HTML_TEMPLATES: readonly string[] = [
  "<p>{{ range .Alerts }}{{ .Annotations.summary }}, {{ end }}</p>",
  '<a href="{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver | urlquery }}">{{ .Receiver }}</a>',
  '<a href="{{ (index .Alerts 0).GeneratorURL }}?q={{ (index .Alerts 1).Annotations.summary }}">x</a>',
  '<a href="{{ `javascript:alert(1)` }}">x</a><img src="{{ `http://a/b c?d=e&f` }}">',
  '<b title="{{ (index .Alerts 1).Annotations.summary }}" data-x={{ `a b=c` }}>{{ `<i>` | safeHtml }}</b>',
  '<td style="color: {{ `red` }}; width: {{ `10px` }}">{{ 5 }} {{ 1.5 }} {{ true }}</td>',
  '<td style="color: {{ `expression(1)` }}"></td>',
  "{{ .CommonLabels.nope }}|{{ .CommonLabels.SortedPairs }}|{{ `x` | html }}",
  '{{ define "t" }}<u title="{{ . }}">{{ . }}</u>{{ end }}{{ template "t" `"&` }}',
  "a {{ `<` }} <textarea>{{ `</textarea>` }}</textarea><title>{{ `&` }}</title>",
];

const NOTIFICATION: Notification = {
  receiver: "team",
  status: "firing",
  alerts: [
    {
      status: "firing",
      labels: { alertname: "Down", zone: "a", job: "shop" },
      annotations: { summary: "shop is down" },
      startsAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      endsAt: Date.UTC(2026, 0, 2, 4, 4, 5),
      generatorURL: "http://x/graph",
      fingerprint: "0011223344556677",
    },
    {
      status: "resolved",
      labels: { alertname: "Down", zone: "b", job: "shop" },
      annotations: { summary: "it's <b>" },
      startsAt: Date.UTC(2026, 0, 2, 3, 0, 0),
      endsAt: Date.UTC(2026, 0, 2, 3, 30, 0),
      generatorURL: "http://x/graph",
      fingerprint: "8811223344556677",
    },
  ],
  groupLabels: { job: "shop", alertname: "Down" },
  commonLabels: { job: "shop", alertname: "Down", Area: "1" },
  commonAnnotations: {},
  externalURL: "http://am.example.com",
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sw-template-"));
  const iso = (ms: number) => new Date(ms).toISOString();
  const data = {
    receiver: NOTIFICATION.receiver,
    status: NOTIFICATION.status,
    alerts: NOTIFICATION.alerts.map((alert) => ({
      ...alert,
      startsAt: iso(alert.startsAt),
      endsAt: iso(alert.endsAt),
    })),
    groupLabels: NOTIFICATION.groupLabels,
    commonLabels: NOTIFICATION.commonLabels,
    commonAnnotations: NOTIFICATION.commonAnnotations,
    externalURL: NOTIFICATION.externalURL,
  };
  await writeFile(join(folder, "data.json"), JSON.stringify(data));
  await writeFile(join(folder, "empty.tmpl"), "");
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

it.each(TEMPLATES)("%s", async (text) => {
  expect(here(text)).toBe(await byAlertmanager(text));
});

it.each(HTML_TEMPLATES)("as HTML: %s", async (text) => {
  expect(here(text, "html")).toBe(await byAlertmanager(text, "html"));
});

function here(text: string, type = "text"): string {
  const set = new TemplateSet({
    functions: alertmanagerFunctions({ now: () => Date.UTC(2026, 0, 2, 5, 0, 0) }),
    missingKey: "zero",
  });
  try {
    const data = notificationData(NOTIFICATION);
    return type === "html" ? set.expandHtml(text, data) : set.expand(text, data);
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}

function byAlertmanager(text: string, type = "text"): Promise<string> {
  const args = [
    "template",
    "render",
    `--template.glob=${join(folder, "*.tmpl")}`,
    `--template.data=${join(folder, "data.json")}`,
    `--template.text=${text}`,
    `--template.type=${type}`,
  ];
  return new Promise((resolve, reject) => {
    execFile("amtool", args, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === "ENOENT")
        reject(new Error("amtool is missing: install Debian's prometheus-alertmanager package"));
      else resolve(stderr.trim().replace(/^amtool: error: /, "error: "));
    });
  });
}
