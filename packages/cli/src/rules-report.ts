import type {
  RuleFileCheck,
  RuleFileFault,
  RuleFileSetting,
  RuleTestProblem,
  RuleTestReport,
} from "@seaworthy/contract";
import { drawChart } from "./chart.ts";
import { diffLines } from "./line-diff.ts";
import type { Style } from "./style.ts";

/** What `rules check` prints for people. */
export function describeChecks(checks: readonly RuleFileCheck[], style: Style): string {
  const lines = checks.flatMap((check) => {
    const count = `${plural(check.rules, "rule")} in ${plural(check.groups, "group")}`;
    const heading =
      check.faults.length === 0
        ? `${style.good("✓")} ${check.file}  ${style.faint(count)}`
        : `${style.bad("✗")} ${style.strong(check.file)}  ${plural(check.faults.length, "fault")}`;
    const notes = check.notes.map((note) => `  ${style.faint("note:")} ${note}`);
    return [heading, ...check.faults.flatMap((fault) => describeFault(fault, style)), ...notes];
  });
  return `${lines.join("\n")}\n`;
}

/** What `rules settings` prints for people. */
export function describeSettings(settings: readonly RuleFileSetting[], style: Style): string {
  const width = Math.max(0, ...settings.map(({ name }) => name.length));
  const lines = settings.map(
    ({ name, value, rule }) => `${name.padEnd(width)}  ${value}  ${style.faint(rule)}`,
  );
  return `${lines.join("\n")}\n`;
}

/** What `rules test` prints for people. */
export function describeTests(reports: readonly RuleTestReport[], style: Style): string {
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const { file, tests, faults } of reports) {
    const bad = tests.filter(({ problems }) => problems.length > 0);
    passed += tests.length - bad.length;
    failed += bad.length + (faults.length > 0 ? 1 : 0);
    if (bad.length + faults.length === 0) {
      lines.push(`${style.good("✓")} ${file}  ${style.faint(plural(tests.length, "test"))}`);
      continue;
    }
    lines.push(`${style.bad("✗")} ${style.strong(file)}`);
    lines.push(...faults.flatMap((fault) => describeFault(fault, style)));
    for (const { name, problems } of bad) {
      for (const problem of problems) lines.push(...describeProblem(file, name, problem, style));
    }
  }
  const total = `${passed} passed, ${failed} failed`;
  lines.push("", failed === 0 ? style.good(total) : style.bad(total));
  return `${lines.join("\n")}\n`;
}

function describeFault({ file, line, column, reason, source }: RuleFileFault, style: Style) {
  const lines = [`  ${file}:${line}:${column}: ${reason}`];
  if (source === undefined || source.trim() === "") return lines;
  const number = String(line);
  const margin = " ".repeat(number.length);
  // A tab is as wide as the terminal likes: keep it, so that the mark stands below its place.
  const before = source.slice(0, column - 1).replaceAll(/[^\t]/g, " ");
  return [
    ...lines,
    style.faint(`    ${number} │ `) + source,
    style.faint(`    ${margin} │ `) + before + style.bad("^"),
  ];
}

function describeProblem(
  file: string,
  test: string,
  { line, what, why, expected, got, charts = [] }: RuleTestProblem,
  style: Style,
): string[] {
  const lines = ["", `  ${style.strong(what)}  ${style.faint(`${file}:${line}, ${test}`)}`];
  if (expected === undefined || got === undefined) return [...lines, `    ${style.bad(why)}`];
  lines.push(`    ${style.good("- expected")}  ${style.bad("+ got")}`);
  if (expected.length === 0) lines.push(style.good("    - nothing"));
  const differences = diffLines(expected, got).map(({ side, text }) => {
    if (side === "both") return `      ${text}`;
    return side === "expected" ? style.good(`    - ${text}`) : style.bad(`    + ${text}`);
  });
  lines.push(...differences);
  if (got.length === 0) lines.push(style.bad("    + nothing"));
  for (const chart of charts) {
    const drawn = drawChart(chart).map((row) => `    ${style.faint(row)}`);
    if (drawn.length > 0) lines.push("", ...drawn);
  }
  return lines;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
