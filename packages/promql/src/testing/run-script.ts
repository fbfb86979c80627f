import { type Engine, createEngine } from "../engine.ts";
import type { QueryResult } from "../result.ts";
import { checkValue } from "./compare.ts";
import { loadSeries } from "./load.ts";
import { MemorySource } from "./memory-source.ts";
import { type EvalCommand, type Expectation, parseScript } from "./script.ts";

/** What came of one `eval` statement. */
export interface ScriptOutcome {
  readonly line: number;
  readonly query: string;
  /** What was wrong, undefined when all was as expected. */
  readonly problem?: string;
}

/** Runs a file of PromQL's test language and reports on each of its `eval` statements. */
export async function runScript(text: string, engine = testEngine()): Promise<ScriptOutcome[]> {
  const source = new MemorySource();
  const outcomes: ScriptOutcome[] = [];
  for (const command of parseScript(text)) {
    if (command.kind === "clear") source.clear();
    else if (command.kind === "load") loadSeries(source, command);
    else {
      const problem = await evaluateCommand(engine, source, command);
      const { line, query } = command;
      outcomes.push(problem === undefined ? { line, query } : { line, query, problem });
    }
  }
  return outcomes;
}

/** The engine that test files expect: everything experimental on. */
export function testEngine(): Engine {
  return createEngine({ experimental: true });
}

async function evaluateCommand(
  engine: Engine,
  source: MemorySource,
  command: EvalCommand,
): Promise<string | undefined> {
  const { query, startMs, endMs, stepMs, expectations } = command;
  const failure = expectations.find(({ kind }) => kind === "fail");
  let result: QueryResult;
  try {
    result =
      stepMs === 0
        ? await engine.instant(query, startMs, source)
        : await engine.range(query, startMs, endMs, stepMs, source);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (failure === undefined) return `failed: ${message}`;
    const fitting = expectations.every((e) => e.kind !== "fail" || fits(e, message));
    return fitting ? undefined : `expected ${describe(failure)}, but it failed with: ${message}`;
  }
  if (failure !== undefined) return `expected ${describe(failure)}, but it succeeded`;
  const problem = annotationProblem(expectations, result) ?? checkValue(command, result.value);
  if (problem !== undefined || stepMs !== 0 || result.value.type !== "vector") return problem;
  return asRange(engine, source, command);
}

/** An instant query must give the same as a range query of one step. */
async function asRange(
  engine: Engine,
  source: MemorySource,
  command: EvalCommand,
): Promise<string | undefined> {
  const { query, startMs, expectations } = command;
  const ordered = expectations.some(({ kind }) => kind === "ordered");
  if (ordered) return undefined;
  const result = await engine.range(query, startMs, startMs, 60_000, source);
  const problem = checkValue(command, result.value);
  return problem === undefined ? undefined : `as a range query: ${problem}`;
}

function annotationProblem(
  expectations: readonly Expectation[],
  { warnings, infos }: QueryResult,
): string | undefined {
  for (const expectation of expectations) {
    const { kind } = expectation;
    const given = kind.endsWith("warn") ? warnings : infos;
    const shown = `got warnings ${JSON.stringify(warnings)}, infos ${JSON.stringify(infos)}`;
    if ((kind === "no_warn" || kind === "no_info") && given.length > 0) {
      return `expected ${describe(expectation)}, ${shown}`;
    }
    if (kind !== "warn" && kind !== "info") continue;
    if (!given.some((message) => fits(expectation, message))) {
      return `expected ${describe(expectation)}, ${shown}`;
    }
  }
  return undefined;
}

function fits({ message, pattern }: Expectation, given: string): boolean {
  if (message !== undefined) return given === message;
  return pattern === undefined || pattern.test(given);
}

function describe({ kind, message, pattern }: Expectation): string {
  if (message !== undefined) return `${kind} ${JSON.stringify(message)}`;
  return pattern === undefined ? kind : `${kind} ${String(pattern)}`;
}
