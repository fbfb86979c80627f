import type { Migration } from "../migration.ts";

export interface RuleStateTables {
  /** Alerts of alerting rules, as the evaluation must find them again after a restart. */
  rule_alerts: {
    /** Which rule: a digest of its file, group, name and labels. */
    rule_key: string;
    fingerprint: string;
    labels: unknown;
    annotations: unknown;
    state: "pending" | "firing" | "inactive";
    value: number;
    active_at: Date;
    fired_at: Date | null;
    resolved_at: Date | null;
    keep_firing_since: Date | null;
    /** The evaluation that wrote this row. */
    changed_at: Date;
  };
}

export const ruleStateMigrations: readonly Migration[] = [
  {
    name: "020-rule-state",
    sql: `
      create table rule_alerts (
        rule_key text not null,
        fingerprint text not null,
        labels jsonb not null,
        annotations jsonb not null,
        state text not null check (state in ('pending', 'firing', 'inactive')),
        value double precision not null,
        active_at timestamptz not null,
        fired_at timestamptz,
        resolved_at timestamptz,
        keep_firing_since timestamptz,
        changed_at timestamptz not null,
        primary key (rule_key, fingerprint)
      );
    `,
  },
];
