import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runScript } from "@seaworthy/promql/testing";

const directory = fileURLToPath(new URL("../../../shared/conformance/promql", import.meta.url));
const known = (
  JSON.parse(readFileSync(new URL("known-failures.json", import.meta.url), "utf8")) as {
    promql: string[];
  }
).promql;

// The data is not ours and lies beside the repository; where it does not, there is nothing to run.
if (existsSync(directory)) {
  describe("Prometheus's PromQL tests", () => {
    test("only what is known to fail does", async () => {
      const failing: string[] = [];
      let cases = 0;
      for (const file of readdirSync(directory).filter((name) => name.endsWith(".test"))) {
        const outcomes = await runScript(readFileSync(join(directory, file), "utf8"));
        cases += outcomes.length;
        for (const { line, query, problem } of outcomes) {
          if (problem !== undefined) failing.push(`${file}:${line} ${query}`);
        }
      }
      expect(cases).toBeGreaterThan(1000);
      expect(failing.sort()).toEqual([...known].sort());
    });
  });
}
