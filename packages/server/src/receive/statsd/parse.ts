/** What one line of StatsD says, its numbers read. */
export interface Metric {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "timer" | "histogram" | "set";
  /** Values of counters, gauges, timers and histograms; a gauge's may be a change of what it was. */
  readonly values: readonly number[];
  readonly isChange: boolean;
  /** Members of a set. */
  readonly members: readonly string[];
  /** How many events one that was sent stands for. */
  readonly weight: number;
  /** Names and values in turn. */
  readonly tags: readonly string[];
}

/** Why a line was dropped. */
export type LineFault = "invalid" | "unsupported" | "over_limit";

interface LineLimits {
  readonly lineBytes: number;
  readonly nameBytes: number;
  readonly tags: number;
  readonly tagBytes: number;
  readonly valuesPerLine: number;
  readonly memberBytes: number;
}

/** What a line may hold; sizes are characters. */
export const LINE_LIMITS: LineLimits = {
  lineBytes: 8192,
  nameBytes: 512,
  tags: 50,
  tagBytes: 1024,
  valuesPerLine: 1000,
  memberBytes: 256,
};

const KINDS: ReadonlyMap<string, Metric["kind"]> = new Map([
  ["c", "counter"],
  ["g", "gauge"],
  ["ms", "timer"],
  ["h", "histogram"],
  ["d", "histogram"],
  ["s", "set"],
]);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads one line: `name:value[:value…]|type[|@rate][|#tag:value,…]`, as StatsD and DogStatsD (to
 * version 1.2 of its protocol) have it. Events, service checks and points with times of their own are
 * not metrics that can be added up here: "unsupported".
 */
export function parseLine(line: string, limits: LineLimits): Metric | LineFault {
  if (line.length > limits.lineBytes) return "over_limit";
  if (line.startsWith("_e{") || line.startsWith("_sc|")) return "unsupported";
  const [head = "", type = "", ...sections] = line.split("|");
  const colon = head.indexOf(":");
  const kind = KINDS.get(type.trim());
  if (colon < 1 || kind === undefined) return "invalid";
  const name = head.slice(0, colon);
  if (name.length > limits.nameBytes) return "over_limit";
  const texts = kind === "set" ? [head.slice(colon + 1)] : head.slice(colon + 1).split(":");
  if (texts.length > limits.valuesPerLine) return "over_limit";

  let weight = 1;
  let tags: readonly string[] = [];
  for (const section of sections) {
    if (section.startsWith("@")) {
      const rate = numberOf(section.slice(1));
      if (rate === undefined || rate <= 0 || rate > 1) return "invalid";
      weight = 1 / rate;
    } else if (section.startsWith("#")) {
      const read = readTags(section.slice(1), limits);
      if (read === undefined) return "over_limit";
      tags = read;
    } else if (section.startsWith("T")) return "unsupported";
    // What else may stand there (a container's id) does not change the metric.
  }
  if (kind === "set") {
    const member = texts[0] ?? "";
    if (member === "") return "invalid";
    if (member.length > limits.memberBytes) return "over_limit";
    return { name, kind, values: [], isChange: false, members: [member], weight: 1, tags };
  }
  const values = texts.map(numberOf);
  if (!values.every((value) => value !== undefined)) return "invalid";
  // What can go down is no counter: that is a gauge.
  if (kind === "counter" && values.some((value) => value < 0)) return "invalid";
  const isChange = kind === "gauge" && /^[+-]/.test(texts[0] ?? "");
  return { name, kind, values, isChange, members: [], weight, tags };
}

function numberOf(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** A tag without a value is a flag: its label says "true". */
function readTags(text: string, limits: LineLimits): string[] | undefined {
  const entries = text.split(",").filter((entry) => entry !== "");
  if (entries.length > limits.tags) return undefined;
  const tags: string[] = [];
  for (const entry of entries) {
    if (entry.length > limits.tagBytes) return undefined;
    const colon = entry.indexOf(":");
    tags.push(...(colon < 0 ? [entry, "true"] : [entry.slice(0, colon), entry.slice(colon + 1)]));
  }
  return tags;
}
