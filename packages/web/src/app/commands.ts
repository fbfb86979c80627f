import type { ActiveAlert, IncidentSummary } from "@seaworthy/contract";
import type { MantineColorScheme } from "@mantine/core";
import { sentenceOf } from "../screens/alerts/alert-text.ts";
import { destinations } from "./destinations.ts";
import { paths } from "./paths.ts";

/** One thing the palette can do. */
export interface Command {
  readonly key: string;
  readonly group: "Go to" | "Incidents" | "Alerts" | "Do" | "Ask";
  readonly title: string;
  readonly note?: string;
  readonly go?: string;
  readonly keepRange?: boolean;
  readonly theme?: MantineColorScheme;
}

const places: readonly Command[] = [
  ...destinations.map(({ label, path, key }): Command => ({
    key: path,
    group: "Go to",
    title: label,
    note: `g ${key}`,
    go: path,
  })),
  { key: "silences", group: "Go to", title: "Silences", go: paths.silences() },
  { key: "rules", group: "Go to", title: "Alert rules", go: paths.rules() },
  { key: "new rule", group: "Do", title: "Write an alert rule", go: paths.newRule() },
  { key: "routing", group: "Go to", title: "Alert routing", go: paths.routing() },
  { key: "receivers", group: "Go to", title: "Receivers", go: paths.receivers() },
  { key: "series", group: "Go to", title: "Series and their limits", go: paths.cardinality() },
  { key: "noise", group: "Go to", title: "Noisiest alerts", go: paths.noise() },
  { key: "notifications", group: "Go to", title: "Notifications", go: paths.notifications() },
  { key: "figures", group: "Go to", title: "Incident figures", go: paths.incidentFigures() },
  { key: "tokens", group: "Go to", title: "API tokens", go: paths.tokens() },
  { key: "chats", group: "Go to", title: "Chat", go: paths.chats() },
  { key: "audit", group: "Go to", title: "Audit log", go: paths.audit() },
];

const themes: readonly Command[] = (["auto", "light", "dark"] as const).map((theme) => ({
  key: `theme ${theme}`,
  group: "Do",
  title: `Theme: ${theme === "auto" ? "as the device" : theme}`,
  theme,
}));

/** Whether all words of the query occur in the text. */
function matches(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

/** What the palette offers for a query, best group first. Without one: places and what is open. */
export function findCommands(
  query: string,
  incidents: readonly IncidentSummary[],
  alerts: readonly ActiveAlert[],
): Command[] {
  const text = query.trim();
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const found = (commands: readonly Command[], most: number) =>
    commands
      .filter(({ group, title, note }) => matches(`${group} ${title} ${note ?? ""}`, words))
      .slice(0, most);
  const all = [
    ...found(
      incidents.map((incident) => ({
        key: incident.id,
        group: "Incidents",
        title: `#${incident.number} ${incident.title}`,
        note: `${incident.severity} ${incident.state}`,
        go: paths.incident(incident.number),
        keepRange: false,
      })),
      words.length === 0 ? 3 : 8,
    ),
    ...found(
      alerts.map((alert) => ({
        key: alert.fingerprint,
        group: "Alerts",
        title: `${alert.name}: ${sentenceOf(alert)}`,
        note: alert.state,
        go: paths.alert(alert.fingerprint),
        keepRange: false,
      })),
      words.length === 0 ? 3 : 8,
    ),
    ...found(places, 12),
    ...found(themes, 3),
  ];
  if (text !== "")
    all.push({
      key: "ask",
      group: "Ask",
      title: text,
      note: "run as PromQL",
      go: paths.explore([text]),
    });
  return all;
}
