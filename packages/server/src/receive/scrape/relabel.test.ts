import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../test/free-port.ts";
import { ConfigError } from "../../model/index.ts";
import { loadPrometheusConfig } from "./config.ts";
import type { PrometheusConfig } from "./job.ts";
import { findTargets } from "./pool.ts";
import { relabel } from "./relabel.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sw-relabel-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

type GivenRule = Record<string, unknown>;

async function load(file: string, text: string): Promise<PrometheusConfig | ConfigError> {
  await writeFile(join(directory, file), text);
  try {
    return await loadPrometheusConfig(join(directory, file));
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** JSON is YAML, and its quoting is beyond doubt. */
const jobText = (name: string, rules: readonly GivenRule[], more: object = {}) =>
  `- ${JSON.stringify({ job_name: name, relabel_configs: rules, static_configs: TARGETS, ...more })}\n`;

const TARGETS = [
  { targets: ["a.example:80", "b.example:81"], labels: { zone: "z1", Team: "Shop", __tmp: "x1" } },
  { targets: ["c.example:82"], labels: { zone: "z2", team: "cart", __param_q: "one", a_b: "é;É" } },
];

async function apply(labels: Record<string, string>, ...rules: GivenRule[]) {
  const config = await load("one.yml", `scrape_configs:\n${jobText("j", rules)}`);
  if (config instanceof ConfigError) throw config;
  const map = new Map(Object.entries(labels));
  return relabel(map, config.jobs[0]?.relabelRules ?? []) ? Object.fromEntries(map) : undefined;
}

describe("relabelling", () => {
  it("changes the case letter by letter, as Go does", async () => {
    const upper = { source_labels: ["a"], target_label: "b", action: "uppercase" };
    expect(await apply({ a: "straße ᾳ ŉ" }, upper)).toMatchObject({ b: "STRAßE ᾼ ŉ" });
    const lower = { source_labels: ["a"], target_label: "b", action: "lowercase" };
    expect(await apply({ a: "ΟΔΟΣ İX" }, lower)).toMatchObject({ b: "οδοσ ix" });
  });

  it("takes a group by its number without a leading zero, or by its name", async () => {
    const rule = { source_labels: ["a"], regex: "(?P<first>.)(.)(x)?", target_label: "b" };
    const expanded = async (replacement: string) =>
      (await apply({ a: "12" }, { ...rule, replacement }))?.["b"];
    expect(await expanded("<$1|${2}|${first}|$$|$>")).toBe("<1|2|1|$|$>");
    expect(await expanded("<$01|$1x|$3|$4|${|$é>")).toBe("<||||${|>");
  });

  it("matches a whole value, over line ends, however the expression closes its group", async () => {
    const keep = (regex: string) => ({ source_labels: ["a"], regex, action: "keep" });
    expect(await apply({ a: "1\n2" }, keep("1.2"))).toBeDefined();
    expect(await apply({ a: "x1" }, keep("1|2"))).toBeUndefined();
    expect(await apply({ a: "xb" }, keep("a)|(?:b"))).toBeDefined();
  });

  it("hashes as Prometheus does", async () => {
    const rule = { source_labels: ["a"], target_label: "h", action: "hashmod" };
    expect(await apply({ a: "x" }, { ...rule, modulus: "18446744073709551615" })).toEqual({
      a: "x",
      h: "17710500428000290726",
    });
  });

  it("makes names of any text, but in the legacy scheme only plain ones", async () => {
    const rules = [{ source_labels: ["a.b"], target_label: "c.d", replacement: "$1" }];
    expect(await apply({ "a.b": "1" }, ...rules)).toEqual({ "a.b": "1", "c.d": "1" });
    const legacy = { metric_name_validation_scheme: "legacy" };
    const refused = await load("legacy.yml", `scrape_configs:\n${jobText("j", rules, legacy)}`);
    expect(refused instanceof ConfigError ? refused.message : "").toContain(
      'relabel_configs[0].target_label: "c.d" is not a label',
    );
  });
});

const labels = fc.constantFrom(
  ..."__address__ __scheme__ __metrics_path__ __param_q __tmp job instance zone Team team a_b missing".split(
    " ",
  ),
);
const oddNames = fc.constantFrom(
  ..."__scrape_interval__ __scrape_timeout__ ${1}_x x_$1 ${n} $1 a-b 1a".split(" "),
  "",
);
const names = fc.oneof({ weight: 12, arbitrary: labels }, { weight: 1, arbitrary: oddNames });
const sources = fc.array(names, { maxLength: 2 });
/** Most targets keep their address and scheme, so that there is something to compare. */
const targets = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(..."__param_q __tmp job zone Team new a_b".split(" ")) },
  { weight: 2, arbitrary: names },
  { weight: 1, arbitrary: fc.constantFrom(..."${1}_x x_$1 ${n}".split(" ")) },
);
const regexes = fc.oneof(
  fc.constantFrom(
    "(.*)",
    ".*",
    "",
    "z1",
    "(z)(.)",
    "(.+):(\\d+)",
    "(?i)shop|CART",
    "__(.+)__",
    "[a-c]\\.example:8[01]",
    "(?P<n>[^:]+)(:.*)?",
    "z.;.*",
    "te?am",
    "j\\d+",
    "instance|job|__.*",
  ),
  fc
    .array(
      fc.constantFrom(
        ..."a z 1 . * + ? | ( ) (?: (?i) [a-z] [^;] {2} {1,2} \\d \\w \\b \\Q \\E \\pL \\x41 ^ $ [[:alpha:]] \\z ; :".split(
          " ",
        ),
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join("")),
);
const templates = fc.constantFrom(
  "$1",
  "",
  "x",
  "http",
  "https",
  "/m?x=$1",
  "$2",
  "${1}-${2}",
  "$1_$2",
  "${1}_$2",
  "$$1",
  "${n}",
  "$",
  "${",
  "30s",
  "2m",
  "p$0",
);
const rule: fc.Arbitrary<GivenRule> = fc.record(
  {
    action: fc.constantFrom(
      ..."replace keep drop keepequal dropequal hashmod labelmap labeldrop labelkeep lowercase uppercase Replace explode".split(
        " ",
      ),
    ),
    source_labels: sources,
    separator: fc.constantFrom(";", "", "/"),
    regex: regexes,
    modulus: fc.constantFrom(0, 1, 7, 1000),
    target_label: names,
    replacement: templates,
  },
  { requiredKeys: [] },
);
/** What each action takes, so that most rules are in order. */
const sensible: fc.Arbitrary<GivenRule> = fc.oneof(
  fc.record({ source_labels: sources, regex: regexes, target_label: targets }),
  fc.record(
    { source_labels: sources, regex: regexes, target_label: targets, replacement: templates },
    { requiredKeys: ["target_label", "replacement"] },
  ),
  fc.record({
    action: fc.constantFrom("keep", "drop"),
    source_labels: sources,
    regex: regexes,
  }),
  fc.record({
    action: fc.constantFrom("keepequal", "dropequal", "lowercase", "uppercase"),
    source_labels: sources,
    target_label: targets,
  }),
  fc.record({ action: fc.constant("labelmap"), regex: regexes, replacement: templates }),
  fc.record({
    action: fc.constantFrom("labeldrop", "labelkeep"),
    regex: fc.constantFrom(
      "Team|zone",
      "[a-z]+",
      "__.*|job|z.*",
      "__.*",
      "te?am",
      "a_(.)",
      "__t.*",
    ),
  }),
  fc.record({
    action: fc.constant("hashmod"),
    source_labels: sources,
    target_label: targets,
    modulus: fc.integer({ min: 1, max: 2 ** 31 }),
  }),
);
const rules = fc.oneof(
  fc.array(sensible, { minLength: 1, maxLength: 2 }),
  fc.array(sensible, { minLength: 3, maxLength: 6 }),
  fc.array(rule, { minLength: 1, maxLength: 2 }),
);

const hasPrometheus = spawnSync("prometheus", ["--version"]).status === 0;

describe.skipIf(!hasPrometheus)("beside a real Prometheus, on generated rules", () => {
  // Prometheus 2 knows the legacy scheme only, and that under no name.
  const legacy = { metric_name_validation_scheme: "legacy" };
  /**
   * Prometheus 3 refuses templates where nothing is put into them, takes any source label, and adds
   * no port to an address.
   */
  const changedSince2 = (given: readonly GivenRule[]) =>
    given.some(
      ({ action, target_label: target, source_labels: sources = [] }) =>
        target === "__address__" ||
        (/^(upper|lower)case$|^(keep|drop)equal$/.test(String(action)) &&
          String(target).includes("$")) ||
        (sources as string[]).some((name) => !/^[a-zA-Z_]\w*$/.test(name)),
    );
  const corpus = fc
    .sample(rules, { numRuns: 600, seed: 20_261_121 })
    .filter((given) => !changedSince2(given));
  let theirs: boolean[] = [];
  const ours: (PrometheusConfig | ConfigError)[] = [];

  beforeAll(async () => {
    const files: string[] = [];
    for (const [i, given] of corpus.entries()) {
      const file = `j${i}.yml`;
      files.push(join(directory, file));
      ours.push(await load(file, `scrape_configs:\n${jobText(`j${i}`, given, legacy)}`));
      await writeFile(join(directory, file), `scrape_configs:\n${jobText(`j${i}`, given)}`);
    }
    const check = spawnSync("promtool", ["check", "config", "--syntax-only", ...files], {
      encoding: "utf8",
    });
    const said = check.stdout + check.stderr;
    theirs = files.map((file) => said.includes(`SUCCESS: ${file} `));
  });

  it("accepts and refuses the same", () => {
    const differing = corpus.flatMap((given, i) => {
      const result = ours[i];
      return !(result instanceof ConfigError) === theirs[i]
        ? []
        : [{ given, theirs: theirs[i], ours: result }];
    });
    expect(differing).toEqual([]);
    // The corpus is worth something only if both answers are common.
    expect(theirs.filter(Boolean).length).toBeGreaterThan(150);
    expect(theirs.filter((accepted) => !accepted).length).toBeGreaterThan(100);
  });

  it("makes the same targets, and drops the same", async () => {
    const jobs = ours.flatMap((config) => (config instanceof ConfigError ? [] : config.jobs));
    const file = join(directory, "prometheus.yml");
    const sections = jobs.map(({ jobName }) => {
      return jobText(jobName, corpus[Number(jobName.slice(1))] ?? []);
    });
    await writeFile(file, `global: {scrape_interval: 1m}\nscrape_configs:\n${sections.join("")}`);
    const found = new Map(jobs.map((job) => [job.jobName, findTargets(job, job.staticGroups)]));
    const all = [...found.values()];
    const activeCount = all.reduce((sum, { targets: active }) => sum + active.length, 0);
    const theirsNow = await targetsOfPrometheus(file, activeCount);
    const expected = group(
      theirsNow.activeTargets.map(({ scrapePool, scrapeUrl: url, labels: set }) => {
        // labelmap may give a label no name there; here it gives none.
        const named = Object.entries(set).filter(([name]) => name !== "");
        return [scrapePool, { url, labels: Object.fromEntries(named) }];
      }),
    );
    for (const [name, { targets: ours }] of found) {
      const active = ours.map(({ url, labels: set }) => ({ url, labels: set }));
      const text = `${name} ${JSON.stringify(corpus[Number(name.slice(1))])}`;
      expect(sorted(active), text).toEqual(sorted(expected.get(name) ?? []));
    }
    const dropped = all.reduce((sum, { droppedCount }) => sum + droppedCount, 0);
    expect(theirsNow.droppedTargets.length).toBe(dropped);
    expect(Math.min(activeCount, dropped)).toBeGreaterThan(100);
  });

  /** The targets of a Prometheus once `count` of them are active, or at the end of the wait. */
  async function targetsOfPrometheus(file: string, count: number): Promise<TargetsAnswer> {
    const port = await freePort();
    const args = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ];
    const prometheus = spawn("prometheus", args, { stdio: "ignore" });
    try {
      for (let wait = 0; ; wait += 1) {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets`).catch(() => null);
        const body = answer?.ok ? await answer.json() : undefined;
        const data = (body as { data: TargetsAnswer } | undefined)?.data;
        if (data !== undefined && (data.activeTargets.length === count || wait > 100)) return data;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } finally {
      prometheus.kill("SIGKILL");
    }
  }
});

interface TargetsAnswer {
  readonly activeTargets: readonly {
    readonly scrapePool: string;
    readonly scrapeUrl: string;
    readonly labels: Record<string, string>;
  }[];
  readonly droppedTargets: readonly { readonly discoveredLabels: Record<string, string> }[];
}

function group<T>(pairs: readonly (readonly [string, T])[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value]);
  return groups;
}

const sorted = (values: readonly unknown[]) => {
  const texts = values.map((value) =>
    JSON.stringify(value, (_key, field: unknown) =>
      typeof field === "object" && field !== null && !Array.isArray(field)
        ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
        : field,
    ),
  );
  return texts.sort();
};

it("never breaks, whatever the labels and the rules are", async () => {
  const sets = fc.dictionary(fc.oneof(names, fc.string({ maxLength: 4 })), fc.string());
  const configs: PrometheusConfig[] = [];
  for (const given of fc.sample(rules, { numRuns: 200, seed: 7 })) {
    const config = await load("any.yml", `scrape_configs:\n${jobText("j", given)}`);
    if (!(config instanceof ConfigError)) configs.push(config);
  }
  fc.assert(
    fc.property(fc.constantFrom(...configs), sets, (config, given) => {
      const map = new Map(Object.entries(given));
      relabel(map, config.jobs[0]?.relabelRules ?? []);
      for (const name of map.keys()) if (!(name in given)) expect(name).not.toBe("");
    }),
    { numRuns: 1000 },
  );
});
