import type { Labels } from "../../src/model/index.ts";
import type { Records } from "../../src/store/index.ts";
import { matcher, paceOf, POPULATION, randomConfig } from "./config.ts";
import { Random } from "./random.ts";
import { configFile, listen, startOurs, startTheirs } from "./sides.ts";
import type { Listener, Message } from "./sides.ts";

/** How long after the end of the stream the last notifications may come, ms. */
const LATEST_WORD_MS = 15_000;

/** What a comparison found. */
export interface Comparison {
  readonly config: string;
  readonly alerts: number;
  /** How many notifications Alertmanager sent, and to how many groups. */
  readonly notifications: number;
  readonly groups: number;
  /** Groups of a receiver that were told different things, with what they were told. */
  readonly differences: readonly string[];
}

/**
 * The same random configuration and stream of alerts (fire, repeat, resolve, silence, inhibit), sent
 * at the same moments to our router and to Debian's Alertmanager: for every receiver and group both
 * must tell the same things in the same order. Alerts change once in each interval of the groups, half
 * way between two flushes, so that a slow machine moves no change over a flush.
 */
export async function compareSides(options: {
  readonly seed: number;
  readonly alerts: number;
  readonly slots: number;
  readonly records: Records;
  /** How many times slower than usual. */
  readonly slower?: number;
}): Promise<Comparison> {
  const { seed, alerts, slots, records } = options;
  const pace = paceOf(options.slower);
  const random = new Random(seed);
  const [ours, theirs] = [await listen(), await listen()];
  const configSeed = random.below(2 ** 30);
  const make = (url: string) => randomConfig(new Random(configSeed), url, pace);
  const [ourFile, theirFile] = [
    await configFile(make(ours.url)),
    await configFile(make(theirs.url)),
  ];
  const sides = [await startOurs(records, ourFile.file), await startTheirs(theirFile.file)];
  try {
    const began = Date.now();
    const stream = new AlertStream(random, alerts, slots);
    for (let slot = 0; slot < slots; slot += 1) {
      await until(began + slot * pace.interval);
      const now = Date.now();
      const messages = stream.slot(slot, now);
      // Silences before the alerts that they concern, on both sides.
      if (slot > 0 && slot < slots - 3 && random.chance(0.3)) {
        const text = matcher(random, random.pick(["alertname", "team", "severity"]), true);
        const ends = now + (1 + random.below(3)) * pace.interval;
        await Promise.all(sides.map((side) => side.silence(text, ends)));
      }
      await Promise.all(sides.map((side) => side.send(messages)));
    }
    await until(began + (slots + 1) * pace.interval);
    // A machine that is busy with other things delivers its last words later.
    const latest = Date.now() + LATEST_WORD_MS;
    while (differencesOf(ours, theirs).length > 0 && Date.now() < latest) {
      await until(Date.now() + pace.interval / 4);
    }
  } finally {
    for (const side of sides) await side.stop();
    ours.close();
    theirs.close();
    await Promise.all([ourFile.remove(), theirFile.remove()]);
  }
  const expected = theirs.conversations();
  const differences = differencesOf(ours, theirs);
  const notifications = [...expected.values()].reduce((sum, { length }) => sum + length, 0);
  const config = make("http://receiver");
  return { config, alerts, notifications, groups: expected.size, differences };
}

function differencesOf(ours: Listener, theirs: Listener): readonly string[] {
  const [told, expected] = [ours.conversations(), theirs.conversations()];
  return [...new Set([...told.keys(), ...expected.keys()])].flatMap((about) => {
    const [here, there] = [told.get(about) ?? [], expected.get(about) ?? []];
    if (JSON.stringify(here) === JSON.stringify(there)) return [];
    return [`${about}\n  ours:\n${shown(here)}\n  Alertmanager's:\n${shown(there)}`];
  });
}

function shown(told: readonly string[]): string {
  return told
    .map((text) => {
      const { status, alerts } = JSON.parse(text) as {
        status: string;
        alerts: { status: string; labels: Labels }[];
      };
      return `    ${status} ${alerts.map((one) => `${one.labels["instance"]}:${one.status}`).join(" ")}`;
    })
    .join("\n");
}

async function until(at: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
}

/** Alerts that begin, go on and end. Each fires once: it is spread evenly over the slots. */
class AlertStream {
  readonly #random: Random;
  readonly #population: Labels[];
  readonly #perSlot: number;
  readonly #lastStart: number;
  readonly #firing = new Map<Labels, number>();

  constructor(random: Random, alerts: number, slots: number) {
    this.#random = random;
    // The last slots only end what fires.
    this.#lastStart = slots - 4;
    this.#perSlot = Math.ceil(alerts / Math.max(1, slots - 3));
    this.#population = Array.from({ length: alerts }, (_, index): Labels => ({
      alertname: random.pick(POPULATION.alertname),
      cluster: random.pick(POPULATION.cluster),
      severity: random.pick(POPULATION.severity),
      team: random.pick(POPULATION.team),
      instance: `host${index}`,
    }));
  }

  slot(slot: number, now: number): Message[] {
    const all = slot > this.#lastStart + 1;
    const ended = [...this.#firing].filter(() => all || this.#random.chance(0.3));
    for (const [labels] of ended) this.#firing.delete(labels);
    if (slot <= this.#lastStart)
      for (const labels of this.#population.splice(0, this.#perSlot)) this.#firing.set(labels, now);
    return [
      ...ended.map(([labels, startsAt]) => message(labels, startsAt, now)),
      ...[...this.#firing].map(([labels, startsAt]) => message(labels, startsAt, now + 60_000)),
    ];
  }
}

function message(labels: Labels, startsAt: number, endsAt: number): Message {
  return {
    labels,
    annotations: { summary: `${labels["alertname"]} at ${labels["instance"]}` },
    startsAt,
    endsAt,
    generatorURL: "http://prometheus/graph",
  };
}
