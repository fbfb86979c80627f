import type { Random } from "./random.ts";

/** The labels that alerts of the stream have, and their values. */
export const POPULATION = {
  alertname: ["Down", "Slow", "Full", "Leak", "Lost"],
  cluster: ["eu", "us"],
  severity: ["page", "warn", "info"],
  team: ["a", "b", "c"],
} as const;

type Label = keyof typeof POPULATION;
const LABELS = Object.keys(POPULATION) as [Label, ...Label[]];
const RECEIVERS = ["r0", "r1", "r2", "r3", "r4"] as const;
const MAX_DEPTH = 3;

/** How groups are paced: changes come half way between two flushes. Milliseconds. */
export interface Pace {
  readonly wait: number;
  readonly interval: number;
}

/** The usual pace, and slower ones for a machine that is busy with other things. */
export const paceOf = (slower = 1): Pace => ({ wait: 1500 * slower, interval: 3000 * slower });

/** A random alertmanager.yml whose receivers are webhooks below `url`. */
export function randomConfig(random: Random, url: string, pace: Pace): string {
  const receivers = RECEIVERS.map((name) => {
    const options = [
      ...(random.chance(0.3) ? ["send_resolved: false"] : []),
      ...(random.chance(0.2) ? ["max_alerts: 3"] : []),
    ];
    const webhook = (path: string) => `{${[`url: "${url}/${path}"`, ...options].join(", ")}}`;
    const all = random.chance(0.2) ? [webhook(name), webhook(`${name}-second`)] : [webhook(name)];
    return `  - name: ${name}\n    webhook_configs: [${all.join(", ")}]`;
  });
  const rules = Array.from({ length: random.below(3) }, () => {
    const [source, target] = [random.pick(LABELS), random.pick(LABELS)];
    return [
      `  - source_matchers: ['${source}="${random.pick(POPULATION[source])}"']`,
      `    target_matchers: ['${matcher(random, target)}']`,
      `    equal: [${LABELS.filter(() => random.chance(0.4)).join(", ")}]`,
    ].join("\n");
  });
  return [
    "route:",
    "  receiver: r0",
    `  group_by: ${groupBy(random)}`,
    `  group_wait: ${pace.wait}ms`,
    `  group_interval: ${pace.interval}ms`,
    `  repeat_interval: ${random.chance(0.5) ? `${Math.round((pace.interval * 10) / 3)}ms` : "1h"}`,
    ...routes(random, 1),
    "receivers:",
    ...receivers,
    ...(rules.length === 0 ? [] : ["inhibit_rules:", ...rules]),
    "",
  ].join("\n");
}

function routes(random: Random, depth: number): string[] {
  if (depth > MAX_DEPTH) return [];
  const indent = "  ".repeat(depth * 2 - 1);
  const children = Array.from({ length: 1 + random.below(3) }, () => [
    `${indent}  - matchers: [${matchers(random).join(", ")}]`,
    ...(random.chance(0.8) ? [`${indent}    receiver: ${random.pick(RECEIVERS)}`] : []),
    ...(random.chance(0.5) ? [`${indent}    group_by: ${groupBy(random)}`] : []),
    ...(random.chance(0.4) ? [`${indent}    continue: true`] : []),
    ...(random.chance(0.4) ? routes(random, depth + 1) : []),
  ]);
  return [`${indent}routes:`, ...children.flat()];
}

function groupBy(random: Random): string {
  if (random.chance(0.1)) return "['...']";
  return `[${LABELS.filter(() => random.chance(0.4)).join(", ")}]`;
}

function matchers(random: Random): string[] {
  return Array.from(
    { length: 1 + random.below(2) },
    () => `'${matcher(random, random.pick(LABELS))}'`,
  );
}

/** One matcher of a label, of any of the four kinds; a silence's must not match the empty text. */
export function matcher(random: Random, label: Label, forSilence = false): string {
  const values = POPULATION[label] as readonly [string, ...string[]];
  const [one, other] = [random.pick(values), random.pick(values)];
  const positive = [`${label}="${one}"`, `${label}=~"${one}|${other}"`] as const;
  if (forSilence) return random.pick(positive);
  return random.pick([...positive, `${label}!="${one}"`, `${label}!~"${one}.*"`]);
}
