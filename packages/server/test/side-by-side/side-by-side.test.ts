import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compareAnswers } from "./compare.ts";
import { expressionsBelow, generatedExpressions } from "./expressions.ts";
import { peerVersion } from "./peer.ts";
import { sideBySide } from "./run.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
/** Every so-manieth generated expression; all of them with `npm run bench -- side-by-side`. */
const EVERY = 13;

describe.skipIf(peerVersion() === undefined)("beside a real Prometheus", () => {
  it("answers the same, value by value", { timeout: 120_000 }, async () => {
    const generated = generatedExpressions();
    expect(generated.length).toBeGreaterThan(300);
    const expressions = [
      ...generated.filter((_, i) => i % EVERY === 0),
      ...["content", "examples"].flatMap((folder) => expressionsBelow(root + folder)),
    ];
    const outcomes = await sideBySide(expressions);
    const unexplained = outcomes.filter((o) => o.difference !== undefined && !o.explanation);
    expect(unexplained).toEqual([]);
    // Had both nothing to say, they would agree too.
    expect(outcomes.filter(({ empty }) => empty).length).toBeLessThan(outcomes.length / 3);
  });
});

describe("the comparison", () => {
  const answer = (...series: readonly (readonly [string, string])[]) => ({
    status: "success",
    data: {
      resultType: "vector",
      result: series.map(([a, value]) => ({ metric: { a }, value: [1, value] })),
    },
  });

  it.each([
    ["1", "1", undefined],
    ["NaN", "NaN", undefined],
    ["1", "1.0000000000000002", "rounding"],
    ["1", "1.1", "values"],
    ["+Inf", "1e308", "values"],
    ["-0", "0", "values"],
  ])("of %s and %s finds %s", (ours, theirs, kind) => {
    expect(compareAnswers(answer(["x", ours]), answer(["x", theirs]), false)?.kind).toBe(kind);
  });

  it("sees series that are missing, ties and refusals", () => {
    expect(compareAnswers(answer(["x", "1"]), answer(["y", "1"]), false)?.kind).toBe("series");
    expect(compareAnswers(answer(["x", "1"]), answer(["y", "1"]), true)?.kind).toBe("ties");
    expect(compareAnswers(answer(["x", "1"]), answer(["y", "2"]), true)?.kind).toBe("series");
    expect(compareAnswers({ status: "error" }, answer(), false)?.kind).toBe("refused");
  });
});
