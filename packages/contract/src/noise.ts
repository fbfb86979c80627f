import { z } from "zod";
import { operation } from "./operation.ts";
import { instant, labels } from "./values.ts";

/** How long firings and notifications are kept. */
const MAX_DAYS = 90;
const days = (fallback: number) => z.coerce.number().min(0.01).max(MAX_DAYS).default(fallback);

/** One time that an alert fired. */
export const firing = z.object({
  fingerprint: z.string(),
  labels,
  startedAt: instant,
  /** Null while it fires. */
  endedAt: instant.nullable(),
});
export type Firing = z.infer<typeof firing>;

export const getAlertHistory = operation({
  method: "GET",
  path: "/api/alerts/history",
  access: "read",
  summary: "When alerts fired: one by its fingerprint, all of a name, or all",
  query: z.object({
    fingerprint: z.string().max(64).optional(),
    alertname: z.string().max(10_000).optional(),
    days: days(30),
    limit: z.coerce.number().int().min(1).max(1000).default(200),
  }),
  answer: z.object({
    /** The window begins here, or where the history does, if that is later. */
    since: instant,
    /** Newest first. */
    firings: z.array(firing),
    /** Whether older ones are left out. */
    truncated: z.boolean(),
    /** Of those that are listed, within the window. */
    firingSeconds: z.number(),
    /** An alert that fires so often within so long comes and goes; null where that is told each time. */
    flapping: z.object({ firings: z.number().int(), withinSeconds: z.number() }).nullable(),
  }),
});
export type AlertHistory = z.infer<typeof getAlertHistory.answer>;

/** What the alerts of one name have cost. */
export const noisyAlert = z.object({
  name: z.string(),
  /** Different label sets that fired. */
  labelSets: z.number().int(),
  firings: z.number().int(),
  /** All of them added up, within the window. */
  firingSeconds: z.number(),
  /** Notifications that fired to a receiver and arrived. */
  pages: z.number().int(),
  /**
   * Pages after which a person acknowledged, commented on or closed the incident, or silenced the alert;
   * the others are `ignored`.
   */
  actedOn: z.number().int(),
  ignored: z.number().int(),
  receivers: z.array(z.string()),
});
export type NoisyAlert = z.infer<typeof noisyAlert>;

export const getNoise = operation({
  method: "GET",
  path: "/api/noise",
  access: "read",
  summary: "The noisiest alerts of the last days and what they cost, most pages first",
  query: z.object({ days: days(7), limit: z.coerce.number().int().min(1).max(200).default(20) }),
  answer: z.object({
    since: instant,
    pages: z.number().int(),
    actedOn: z.number().int(),
    alerts: z.array(noisyAlert),
  }),
});
export type Noise = z.infer<typeof getNoise.answer>;

/** An inhibition rule that the past speaks for. */
export const inhibitionSuggestion = z.object({
  /** `alertname` of the alert that would hide the other, and of the other. */
  source: z.string(),
  target: z.string(),
  /** Labels in which the two agreed every time. */
  equal: z.array(z.string()),
  /** How often the target fired while or just after the source did, of how often it fired. */
  together: z.number().int(),
  targetFirings: z.number().int(),
  /** For `inhibit_rules` of alertmanager.yml. */
  yaml: z.string(),
});
export type InhibitionSuggestion = z.infer<typeof inhibitionSuggestion>;

/** An inhibition rule that the service map speaks for. */
export const dependencySuggestion = z.object({
  /** The service that calls, and the one without which it cannot serve. */
  caller: z.string(),
  callee: z.string(),
  /** How often it called within the last day; an estimate where there is much. */
  calls: z.number().int(),
  /** Alerts of the caller that would be hidden while the other is down. */
  alerts: z.array(z.string()),
  /** For `inhibit_rules` of alertmanager.yml. */
  yaml: z.string(),
});
export type DependencySuggestion = z.infer<typeof dependencySuggestion>;

export const suggestInhibitions = operation({
  method: "GET",
  path: "/api/inhibition-suggestions",
  access: "read",
  summary: "Inhibition rules that would have hidden alerts which only ever follow others",
  query: z.object({ days: days(30) }),
  answer: z.object({
    since: instant,
    /** The ones that would have hidden most first. */
    suggestions: z.array(inhibitionSuggestion),
    /** What the calls between services of the last day speak for, the most frequent first. */
    dependencies: z.array(dependencySuggestion),
  }),
});

const ruleName = {
  file: z.string(),
  group: z.string(),
  name: z.string(),
  type: z.enum(["alerting", "recording"]),
  labels,
  expression: z.string(),
};

export const listUnusedRules = operation({
  method: "GET",
  path: "/api/rules/unused",
  access: "read",
  summary: "Rules that have not fired for some days, and rules whose series do not exist",
  query: z.object({ days: days(30) }),
  answer: z.object({
    /** Firings before are not known, or not asked for. */
    since: instant,
    neverFired: z.array(
      z.object({
        ...ruleName,
        /** Null when it has not fired as long as firings are kept. */
        lastFiredAt: instant.nullable(),
      }),
    ),
    withoutSeries: z.array(
      z.object({
        ...ruleName,
        /** Selectors of its expression that match no series of the last day. */
        missing: z.array(z.string()),
        /** Whether that is all of them: the rule cannot give anything. */
        blind: z.boolean(),
      }),
    ),
    /** Whether there are more selectors than were looked for. */
    truncated: z.boolean(),
  }),
});
export type UnusedRules = z.infer<typeof listUnusedRules.answer>;
