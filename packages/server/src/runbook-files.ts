import { basename } from "node:path";
import { loadConfig, shipped } from "./config.ts";
import { ConfigError } from "./model/index.ts";
import type { Fault } from "./model/index.ts";
import { checkRunbooks, runbooksBelow } from "./respond/index.ts";
import { runbookQueries } from "./runbook-queries.ts";

/**
 * The program behind `seaworthy runbooks check`: `GIVEN`, which is JSON: `{paths, rules, config}`. Prints
 * the reports as one JSON array and exits 0, whatever they say; what to make of them is the caller's.
 */
interface Given {
  readonly paths: readonly string[];
  readonly rules: readonly string[];
  readonly config?: string;
}

const given = JSON.parse(process.argv[2] ?? "") as Given;
const others = (await runbooksBelow(shipped("runbooks"))).map((file) => basename(file, ".md"));

let actions: ReadonlySet<string> | undefined;
let broken: readonly Fault[] = [];
if (given.config !== undefined) {
  try {
    const config = await loadConfig({ config: given.config, demo: false, port: 1 }, {});
    actions = new Set(config.runbooks.actions.map(({ name }) => name));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    broken = error.faults;
  }
}
const checked = await checkRunbooks({
  paths: given.paths,
  ruleFiles: given.rules,
  actions,
  others,
  checkQuery: runbookQueries(),
});
const view = ({ file, line, column, path, reason }: Fault) => ({
  file,
  line,
  column,
  reason: path === "" ? reason : `${path}: ${reason}`,
});
const reports = [
  ...(broken.length === 0 ? [] : [{ file: given.config, parts: 0, faults: broken, warnings: [] }]),
  ...checked,
].map((each) => ({
  ...each,
  faults: each.faults.map(view),
  warnings: each.warnings.map(view),
}));
process.stdout.write(`${JSON.stringify(reports)}\n`);
