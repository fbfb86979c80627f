import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilePipeline, isLogExpr, parse } from "@seaworthy/logql";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Generator } from "../../../test/generated-logs.ts";
import { openTelemetry } from "../../store/index.ts";
import type { Telemetry } from "../../store/index.ts";
import { numbersOf, textsOf } from "../columns.ts";
import { Sql } from "../sql.ts";
import { LabelColumns } from "./label-columns.ts";
import { TextLabels } from "./text-labels.ts";

let dir: string;
let telemetry: Telemetry;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "seaworthy-text-labels-"));
  telemetry = await openTelemetry({ dir, log: pino({ level: "silent" }) });
});
afterAll(async () => {
  await telemetry.close();
  await rm(dir, { recursive: true, force: true });
});

const random = new Generator(11);
const made = (pieces: readonly string[], most: number) =>
  Array.from({ length: random.int(most) }, () => random.pick(pieces)).join("");

/** What each stage finds under names, by the engine and by the pipeline; how many lines it leaves to that. */
async function compare(stageText: string, names: readonly string[], lines: readonly string[]) {
  const expr = parse(`{a="b"} ${stageText}`);
  if (!isLogExpr(expr)) throw new Error("a log query was meant");
  const [stage] = expr.stages;
  if (stage?.kind !== "logfmt" && stage?.kind !== "regexp" && stage?.kind !== "pattern")
    throw new Error("a parser was meant");
  const pipeline = compilePipeline(expr.stages);
  const differences: unknown[] = [];
  let left = 0;
  for (const name of names) {
    const sql = new Sql();
    const labels = TextLabels.of(stage, sql, new LabelColumns(sql, []));
    const text = labels?.text(name);
    if (labels === undefined || text === undefined) throw new Error(`${name} cannot be told`);
    const blocks = await telemetry.select(
      `SELECT line, ${text} AS found, ${["0", ...labels.irregular].join(" OR ")} AS irregular
      FROM (SELECT arrayJoin(${sql.texts(lines)}) AS line, CAST(map(), 'Map(String, String)') AS metadata)`,
      sql.parameters,
    );
    for (const block of blocks) {
      const found = textsOf(block, "found");
      const irregular = numbersOf(block, "irregular");
      textsOf(block, "line").forEach((line, row) => {
        if (Number(irregular[row]) > 0) left += 1;
        else {
          const plain = pipeline.run(line, 0n, {}, {})?.labels.get(name);
          if (found[row] !== plain) differences.push({ line, name, plain, engine: found[row] });
        }
      });
    }
  }
  return { differences, left };
}

describe("labels of texts are found by the engine as by the pipeline", () => {
  const words = ["a", "b_c", "b.c", "=", " ", " ", '"', "\\", "a=", "b_c=", "1.50", "ü", "x y"];
  const odd = ["\t", "\n", "\v", "\u00a0", "\u2003", "😀", "\\n", '\\"', "\\ud800", "\\x", "\r"];
  const anything = Array.from({ length: 1500 }, () => made([...words, ...odd, ...words], 14));

  it("of logfmt", async () => {
    const token = () =>
      random.pick(["a", "b_c", "b.c", "b-c", "level"]) +
      random.pick(["", "=", "=", "="]) +
      random.pick([
        "",
        "7",
        "x=y",
        '""',
        '"x a=1"',
        '"say \\"a=\\" \\u00fc"',
        '"bad \\x"',
        "größe",
      ]);
    const regular = Array.from({ length: 1500 }, () =>
      Array.from({ length: random.int(7) }, token).join(random.pick([" ", "  ", "\t"])),
    );
    const plain = await compare("| logfmt", ["a", "b_c", "none"], [...anything, ...regular]);
    expect(plain.differences).toEqual([]);
    // What nobody writes by mistake is not left to the pipeline.
    const only = await compare(
      "| logfmt",
      ["a", "b_c"],
      regular.filter((line) => !/[üöß]/.test(line) && !/[a-z]"/.test(line)),
    );
    expect(only.left).toBe(0);
    const some = await compare('| logfmt x="a", y="b.c", z="a b"', ["x", "y", "z", "a"], anything);
    expect(some.differences).toEqual([]);
  });

  it.each([
    ['| pattern "<a> <b>"', ["a", "b", "c"]],
    ['| pattern "a=<a>\\\\<b>"', ["a", "b"]],
    ['| pattern "<_>ü<a> <_>=<b> "', ["a", "b"]],
    ['| regexp "(?P<a>[a-z]+)=(?P<b>\\\\S*)"', ["a", "b", "c"]],
    ['| regexp "^(?P<a>.*?) (x|(?P<b>ü+))?"', ["a", "b"]],
    ["| regexp `(?i)(?P<a>A.?)\\s(?P<b>\\pL)`", ["a", "b"]],
  ])("of %s", async (stage, names) => {
    const { differences, left } = await compare(stage, names, anything);
    expect(differences).toEqual([]);
    expect(left).toBe(0);
  });
});
