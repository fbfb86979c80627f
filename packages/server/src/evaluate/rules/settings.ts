import { readFile, writeFile } from "node:fs/promises";
import type { RuleFileSetting } from "@seaworthy/contract";

/**
 * Settings of rules: a number in an expression whose name stands behind it as a comment of PromQL,
 * `> 0.05 # setting: error_share_critical`. To Prometheus it is a comment like any other, so that the
 * file stays a rule file as it is.
 */
const SETTING = /(\d+(?:\.\d+)?)([ \t]+#[ \t]*setting:[ \t]*([a-z][a-z0-9_]*))[ \t]*$/gm;

/** A name of a setting. */
export const SETTING_NAME = /^[a-z][a-z0-9_]*$/;

/** Settings by name. */
export type RuleSettings = Readonly<Record<string, number>>;

/** The settings that a text has, with the values that stand in it. */
export function settingsIn(text: string): { readonly name: string; readonly value: number }[] {
  return [...text.matchAll(SETTING)].map(([, value, , name = ""]) => ({
    name,
    value: Number(value),
  }));
}

/** Puts values in place of those in an expression, and takes the comments out. */
export function withSettings(query: string, settings: RuleSettings): string {
  return query.replaceAll(SETTING, (_all, value: string, _comment: string, name: string) =>
    numberOf(settings, name, value),
  );
}

/** Reads the settings of one rule file; with `changes`, puts these into the file before. */
export async function ruleFileSettings(
  file: string,
  changes: RuleSettings,
): Promise<RuleFileSetting[]> {
  const before = await readFile(file, "utf8");
  const text = before.replaceAll(
    SETTING,
    (_all, value: string, comment: string, name: string) =>
      `${numberOf(changes, name, value)}${comment}`,
  );
  if (text !== before) await writeFile(file, text);
  let rule = "";
  return text.split("\n").flatMap((line) => {
    rule = /^\s*-?\s*(?:alert|record):\s*["']?([^"'\s]+)/.exec(line)?.[1] ?? rule;
    return settingsIn(line).map((setting) => ({ file, rule, ...setting }));
  });
}

function numberOf(settings: RuleSettings, name: string, otherwise: string): string {
  return Object.hasOwn(settings, name) ? String(settings[name]) : otherwise;
}
