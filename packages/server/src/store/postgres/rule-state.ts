import { sql } from "kysely";
import type { AlertState, Labels } from "../../model/index.ts";
import type { Db, Tx } from "./records.ts";
import { storableJson } from "./storable-text.ts";

/** An alert of a rule. Times are ms since 1970. */
export interface RuleAlertRecord {
  readonly ruleKey: string;
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: AlertState;
  readonly value: number;
  readonly activeAt: number;
  readonly firedAt: number | undefined;
  readonly resolvedAt: number | undefined;
  readonly keepFiringSince: number | undefined;
  readonly changedAt: number;
}

/** What an evaluation changed. */
export interface RuleAlertChanges {
  readonly saved: readonly RuleAlertRecord[];
  readonly removed: readonly { readonly ruleKey: string; readonly fingerprint: string }[];
}

/** Rows in one statement: PostgreSQL takes at most 65,535 parameters. */
const CHUNK = 1000;

/** Every alert that was kept. */
export async function listRuleAlerts(db: Db): Promise<readonly RuleAlertRecord[]> {
  const rows = await db.selectFrom("rule_alerts").selectAll().execute();
  return rows.map((row) => ({
    ruleKey: row.rule_key,
    fingerprint: row.fingerprint,
    labels: row.labels as Labels,
    annotations: row.annotations as Labels,
    state: row.state,
    value: row.value,
    activeAt: row.active_at.getTime(),
    firedAt: row.fired_at?.getTime(),
    resolvedAt: row.resolved_at?.getTime(),
    keepFiringSince: row.keep_firing_since?.getTime(),
    changedAt: row.changed_at.getTime(),
  }));
}

/** Writes an evaluation's changes. */
export async function saveRuleAlerts(tx: Tx, changes: RuleAlertChanges): Promise<void> {
  for (let start = 0; start < changes.saved.length; start += CHUNK) {
    const rows = changes.saved.slice(start, start + CHUNK).map((record) => ({
      rule_key: record.ruleKey,
      fingerprint: record.fingerprint,
      labels: storableJson(record.labels),
      annotations: storableJson(record.annotations),
      state: record.state,
      value: record.value,
      active_at: new Date(record.activeAt),
      fired_at: dateOf(record.firedAt),
      resolved_at: dateOf(record.resolvedAt),
      keep_firing_since: dateOf(record.keepFiringSince),
      changed_at: new Date(record.changedAt),
    }));
    await tx
      .insertInto("rule_alerts")
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(["rule_key", "fingerprint"]).doUpdateSet((update) => ({
          annotations: update.ref("excluded.annotations"),
          state: update.ref("excluded.state"),
          value: update.ref("excluded.value"),
          active_at: update.ref("excluded.active_at"),
          fired_at: update.ref("excluded.fired_at"),
          resolved_at: update.ref("excluded.resolved_at"),
          keep_firing_since: update.ref("excluded.keep_firing_since"),
          changed_at: update.ref("excluded.changed_at"),
        })),
      )
      .execute();
  }
  if (changes.removed.length === 0) return;
  const keys = changes.removed.map(({ ruleKey }) => ruleKey);
  const fingerprints = changes.removed.map(({ fingerprint }) => fingerprint);
  await sql`
    delete from rule_alerts using unnest(${keys}::text[], ${fingerprints}::text[]) as gone (rule_key, fingerprint)
    where rule_alerts.rule_key = gone.rule_key and rule_alerts.fingerprint = gone.fingerprint
  `.execute(tx);
}

/** Forgets the alerts of every rule but these. */
export async function keepRuleAlertsOf(tx: Tx, ruleKeys: readonly string[]): Promise<void> {
  await sql`delete from rule_alerts where rule_key <> all(${ruleKeys}::text[])`.execute(tx);
}

function dateOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
