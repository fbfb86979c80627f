import { parseArgs } from "node:util";
import type { RunbookFileCheck } from "@seaworthy/contract";
import { processTerminal, type Terminal } from "./terminal.ts";
import { UsageError } from "./platform.ts";
import { askProgram } from "./server-program.ts";

/** What `seaworthy runbooks --help` prints. */
export const runbooksHelp = `seaworthy runbooks: check runbooks

Usage:
  seaworthy runbooks check [OPTIONS] FILE...

Reads runbooks (Markdown files, or folders of them) as the server does, and says what is wrong, and
where: sections that must be there, placeholders, PromQL and LogQL that do not parse, buttons that the
configuration has no action for, links to runbooks that do not exist, rules that lead to none. Sections
that should be there and steps that cannot be ticked off are warnings.

Options:
  --rules FILE      rules that should lead to runbooks; may be given more than once
  --config FILE     the seaworthy.yml whose runbooks.actions the buttons are held against
  --json            print one JSON array with a report for each file
  --warnings-fatal  warnings are an error (exit code 3)
  --help            show this

Exit codes:
  0  everything is in order
  1  something is wrong
  2  the command cannot be understood
  3  only what --warnings-fatal makes an error

Examples:
  seaworthy runbooks check runbooks/
  seaworthy runbooks check --config seaworthy.yml --rules rules/shop.yml runbooks/*.md
`;

/** Runs the command; answers its exit code. */
export async function runbooks(
  args: string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  try {
    return await run(args, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`seaworthy runbooks: ${error.message}\n\n${runbooksHelp}`);
    return 2;
  }
}

async function run(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = read(args);
  if (values.help) {
    terminal.out(runbooksHelp);
    return 0;
  }
  const [command, ...paths] = positionals;
  if (command !== "check")
    throw new UsageError(
      command === undefined ? "say check" : `there is no command "runbooks ${command}"`,
    );
  if (paths.length === 0) throw new UsageError("name at least one file or folder");
  const checks = await report(
    JSON.stringify({ paths, rules: values.rules, config: values.config }),
    terminal.cwd,
  );
  terminal.out(
    values.json ? `${JSON.stringify(checks, undefined, 2)}\n` : describe(checks, terminal),
  );
  if (checks.some(({ faults }) => faults.length > 0)) return 1;
  return values["warnings-fatal"] && checks.some(({ warnings }) => warnings.length > 0) ? 3 : 0;
}

function read(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        rules: { type: "string", multiple: true, default: [] },
        config: { type: "string" },
        json: { type: "boolean", default: false },
        "warnings-fatal": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function describe(checks: readonly RunbookFileCheck[], { style }: Terminal): string {
  const lines = checks.flatMap(({ file, faults, warnings }) => [
    faults.length === 0 ? `${style.good("✓")} ${file}` : `${style.bad("✗")} ${style.strong(file)}`,
    ...faults.map((fault) => `  ${fault.file}:${fault.line}:${fault.column}: ${fault.reason}`),
    ...warnings.map(
      (each) =>
        `  ${each.file}:${each.line}:${each.column}: ${style.faint("warning:")} ${each.reason}`,
    ),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}

async function report(given: string, cwd: string): Promise<readonly RunbookFileCheck[]> {
  const url = import.meta.resolve("@seaworthy/server/runbook-files");
  const checks = await askProgram({ url, reads: "runbooks", cwd }, [given]);
  return checks as readonly RunbookFileCheck[];
}
