import { parseDuration } from "../duration.ts";
import { parseNumber } from "../number.ts";

/** One `expect` line: what an evaluation is to give beside its series. */
export interface Expectation {
  readonly kind: "fail" | "warn" | "info" | "no_warn" | "no_info" | "ordered";
  /** The whole message, or a pattern for a part of it; neither: any message. */
  readonly message?: string;
  readonly pattern?: RegExp;
}

export interface LoadCommand {
  readonly kind: "load";
  readonly line: number;
  readonly stepMs: number;
  readonly withNhcb: boolean;
  readonly series: string[];
}

export interface EvalCommand {
  readonly kind: "eval";
  readonly line: number;
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 for an instant query. */
  readonly stepMs: number;
  readonly expectations: Expectation[];
  readonly expectedString?: string;
  /** `expect range vector from A to B step S`: the result is samples at those times. */
  readonly expectedRange?: {
    readonly startMs: number;
    readonly endMs: number;
    readonly stepMs: number;
  };
  /** Expected series, or a single number for a scalar. */
  readonly expected: string[];
}

export type Command = LoadCommand | EvalCommand | { readonly kind: "clear"; readonly line: number };

const INSTANT = /^eval(?:_(fail|warn|info|ordered))?\s+instant\s+(?:at\s+(\S+)\s+)?(.+)$/;
const RANGE =
  /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+?)\s+(.+)$/;
const EXPECT = /^expect\s+(fail|warn|info|no_warn|no_info|ordered)(?:\s+(msg|regex):\s*(.*))?$/;

/** Reads a file of PromQL's test language. Throws an Error with the line of what it cannot read. */
export function parseScript(text: string): Command[] {
  const commands: Command[] = [];
  const lines = text.split("\n");
  let at = 0;
  while (at < lines.length) {
    const line = (lines[at] ?? "").trim();
    const number = at + 1;
    at += 1;
    if (line === "" || line.startsWith("#")) continue;
    const body: string[] = [];
    while (at < lines.length && (lines[at] ?? "").trim() !== "") {
      const next = (lines[at] ?? "").trim();
      if (/^(?:eval|load|clear)\b/.test(next) && !/^\s/.test(lines[at] ?? "")) break;
      at += 1;
      if (!next.startsWith("#")) body.push(next);
    }
    try {
      commands.push(parseCommand(line, number, body));
    } catch (error) {
      throw new Error(`line ${number}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  return commands;
}

function parseCommand(line: string, number: number, body: string[]): Command {
  if (line === "clear") return { kind: "clear", line: number };
  const load = /^load(_with_nhcb)?\s+(\S+)$/.exec(line);
  if (load !== null) {
    const stepMs = parseDuration(load[2] ?? "");
    return { kind: "load", line: number, stepMs, withNhcb: load[1] !== undefined, series: body };
  }
  const instant = INSTANT.exec(line);
  if (instant !== null) {
    const startMs = parseTime(instant[2] ?? "0");
    const times = { startMs, endMs: startMs, stepMs: 0 };
    return evalCommand(number, instant[1], instant[3] ?? "", times, body);
  }
  const range = RANGE.exec(line);
  if (range !== null) {
    const times = {
      startMs: parseTime(range[2] ?? ""),
      endMs: parseTime(range[3] ?? ""),
      stepMs: parseTime(range[4] ?? ""),
    };
    return evalCommand(number, range[1], range[5] ?? "", times, body);
  }
  throw new Error(`unknown command ${JSON.stringify(line)}`);
}

function evalCommand(
  line: number,
  old: string | undefined,
  query: string,
  times: { readonly startMs: number; readonly endMs: number; readonly stepMs: number },
  body: readonly string[],
): EvalCommand {
  const expectations: Expectation[] = [];
  if (old !== undefined) expectations.push({ kind: old as Expectation["kind"] });
  const expected: string[] = [];
  let extra: Pick<EvalCommand, "expectedString" | "expectedRange"> = {};
  for (const text of body) {
    const failMessage = /^expected_fail_(message|regexp)\s+(.*)$/.exec(text);
    const expectString = /^expect\s+string\s+(["'`])(.*)\1$/.exec(text);
    const expectRange = /^expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/.exec(
      text,
    );
    const expect = EXPECT.exec(text);
    if (failMessage !== null) {
      const message = failMessage[2] ?? "";
      expectations.push(
        failMessage[1] === "message"
          ? { kind: "fail", message }
          : { kind: "fail", pattern: new RegExp(message, "u") },
      );
    } else if (expectString !== null) extra = { ...extra, expectedString: expectString[2] ?? "" };
    else if (expectRange !== null) {
      const expectedRange = {
        startMs: parseTime(expectRange[1] ?? ""),
        endMs: parseTime(expectRange[2] ?? ""),
        stepMs: parseTime(expectRange[3] ?? ""),
      };
      extra = { ...extra, expectedRange };
    } else if (expect !== null) expectations.push(expectation(expect));
    else expected.push(text);
  }
  return { kind: "eval", line, query, ...times, expectations, ...extra, expected };
}

function expectation(match: RegExpExecArray): Expectation {
  const kind = match[1] as Expectation["kind"];
  if (match[2] === "msg") return { kind, message: match[3] ?? "" };
  return match[2] === "regex" ? { kind, pattern: new RegExp(match[3] ?? "", "u") } : { kind };
}

/** A time or step: seconds, or a duration that may be negative. */
function parseTime(text: string): number {
  const seconds = parseNumber(text);
  if (seconds !== undefined) return Math.round(seconds * 1000);
  return text.startsWith("-") ? -parseDuration(text.slice(1)) : parseDuration(text);
}
