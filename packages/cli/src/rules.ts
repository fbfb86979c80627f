import { parseArgs } from "node:util";
import type { RuleFileCheck, RuleFileSetting, RuleTestReport } from "@seaworthy/contract";
import { describeChecks, describeSettings, describeTests } from "./rules-report.ts";
import { askProgram } from "./server-program.ts";
import { styleFor } from "./style.ts";

/** What `seaworthy rules --help` prints. */
export const rulesHelp = `seaworthy rules: check rule files, and run tests of rules

Usage:
  seaworthy rules check [OPTIONS] FILE...
  seaworthy rules test [OPTIONS] FILE...
  seaworthy rules settings [--set NAME=NUMBER]... [OPTIONS] FILE...

check reads rule files as the server does and says what is wrong, and where: Prometheus's, or with
--loki those of Loki's ruler.
test runs files of unit tests in promtool's format, which may have log lines as well. What fails is shown as a difference,
with a chart of how it came to that.
settings shows the numbers that rules have under a name ("> 0.05 # setting: error_share"), and
puts others into the files: for a Prometheus. Seaworthy takes them from seaworthy.yml as well.

Options:
  --json         print one JSON array with a report for each file
  --loki         check: the expressions are LogQL
  --lint-fatal   check: rules that make the same series twice are an error (exit code 3)
  --run REGEXP   test: only the test groups whose name matches
  --help         show this

Exit codes:
  0  everything is in order
  1  something is wrong, or a test failed
  2  the command cannot be understood
  3  only what --lint-fatal makes an error

Examples:
  seaworthy rules check rules/*.yml
  seaworthy rules check --loki loki-rules/*.yml
  seaworthy rules test rule-tests/*.yml
  seaworthy rules test --run '^checkout' --json rule-tests/shop.test.yml
`;

/** Runs the command; answers its exit code. */
export async function rules(args: string[]): Promise<number> {
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(rulesHelp);
    return 0;
  }
  const [command, ...rest] = args;
  try {
    if (command === "check") return await check(rest);
    if (command === "test") return await test(rest);
    if (command === "settings") return await settings(rest);
    throw new UsageError(
      command === undefined
        ? "say check, test or settings"
        : `there is no command "rules ${command}"`,
    );
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`seaworthy rules: ${error.message}\n\n${rulesHelp}`);
    return 2;
  }
}

class UsageError extends Error {}

async function check(args: readonly string[]): Promise<number> {
  const { values, files } = read(args, {
    json: { type: "boolean" },
    "lint-fatal": { type: "boolean" },
    loki: { type: "boolean" },
  });
  const language = values["loki"] === true ? "logql" : "promql";
  const checks = (await report(["check", language, ...files])) as RuleFileCheck[];
  print(values["json"] === true, checks, describeChecks);
  if (checks.some(({ faults }) => faults.length > 0)) return 1;
  return values["lint-fatal"] === true && checks.some(({ notes }) => notes.length > 0) ? 3 : 0;
}

async function test(args: readonly string[]): Promise<number> {
  const { values, files } = read(args, { json: { type: "boolean" }, run: { type: "string" } });
  const run = typeof values["run"] === "string" ? values["run"] : "";
  checkPattern(run);
  const reports = (await report(["test", run, ...files])) as RuleTestReport[];
  print(values["json"] === true, reports, describeTests);
  const isGood = reports.every(
    ({ faults, tests }) =>
      faults.length === 0 && tests.every(({ problems }) => problems.length === 0),
  );
  return isGood ? 0 : 1;
}

async function settings(args: readonly string[]): Promise<number> {
  const { values, files } = read(args, {
    json: { type: "boolean" },
    set: { type: "string", multiple: true },
  });
  const wanted = Array.isArray(values["set"]) ? values["set"].map(String) : [];
  const changes = wanted.map((text) => {
    const [, name, number] = /^([a-z][a-z0-9_]*)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
    if (name === undefined) throw new UsageError(`--set ${text}: expected NAME=NUMBER`);
    return [name, Number(number)] as const;
  });
  const known = (await report(["settings", "{}", ...files])) as RuleFileSetting[];
  const unknown = changes.find(([name]) => !known.some((setting) => setting.name === name));
  if (unknown !== undefined) throw new UsageError(`no rule has the setting "${unknown[0]}"`);
  const changed = await report(["settings", JSON.stringify(Object.fromEntries(changes)), ...files]);
  print(values["json"] === true, changed as RuleFileSetting[], describeSettings);
  return 0;
}

function read(
  args: readonly string[],
  options: Readonly<
    Record<string, { readonly type: "boolean" | "string"; readonly multiple?: boolean }>
  >,
) {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options: { ...options }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals: files } = parsed;
  if (files.length === 0) throw new UsageError("name at least one file");
  return { values, files };
}

function checkPattern(pattern: string): void {
  try {
    new RegExp(pattern, "u").test("");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--run: ${reason}`);
  }
}

function print<T>(
  json: boolean,
  reports: readonly T[],
  describe: (reports: readonly T[], style: ReturnType<typeof styleFor>) => string,
): void {
  const text = json
    ? `${JSON.stringify(reports, undefined, 2)}\n`
    : describe(reports, styleFor(process.stdout, process.env));
  process.stdout.write(text);
}

const report = (args: readonly string[]) =>
  askProgram({ url: import.meta.resolve("@seaworthy/server/rule-files"), reads: "rules" }, args);
