/** A line of a file, with the bytes that it takes there. */
export interface FileLine {
  readonly start: number;
  /** Behind its newline. */
  readonly end: number;
  readonly text: string;
}

/** What belongs together: a line with the stack trace behind it, or a long line that Docker cut. */
export interface Entry {
  text: string;
  end: number;
  /** Docker's: stdout or stderr. */
  readonly stream: string;
  /** Docker's time of the first part. */
  readonly time: string;
}

export interface Assembled {
  readonly entries: readonly Entry[];
  /** Up to here everything is in the entries. */
  readonly end: number;
}

/** What one entry may have. */
const MAX_LENGTH = 128 * 1024;
const MAX_LINES = 1000;

/** Lines that go on what stands before: indented, or as stack traces go on. */
const GOES_ON = /^(?:\s+\S|at |Caused by: |Suppressed: |\.\.\. \d+ more|[}\])]+[,;]?\s*$)/;
const TRACEBACK = /^Traceback \(most recent call last\)/m;
const PANIC = /^(?:panic: |fatal error: )/;
/** A line that can only be the first of something. */
const BEGINS = /^(?:\{|\[?\d{4}-\d\d-\d\d[T ]|\d{4}\/\d\d\/\d\d |[A-Z][a-z]{2} [ \d]\d \d\d:|<\d)/;
const POSTGRES_CSV = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Z]{3,5},/;

/**
 * Puts lines together. The end may belong to what has not come yet: it is left for later, unless
 * `final` says that nothing more is to be waited for.
 */
export function assemble(
  lines: readonly FileLine[],
  { docker, final }: { readonly docker: boolean; readonly final: boolean },
): Assembled {
  const entries: Entry[] = [];
  const parts = new Map<string, { text: string; time: string }>();
  let group: { entry: Entry; lines: number } | undefined;
  let whole = { entries: 0, end: lines[0]?.start ?? 0 };
  for (const { start, end, text: raw } of lines) {
    const part = docker ? dockerPart(raw) : undefined;
    const stream = part?.stream ?? "";
    const before = parts.get(stream);
    let text = (before?.text ?? "") + (part?.log ?? raw);
    const time = before?.time ?? part?.time ?? "";
    if (part !== undefined && !text.endsWith("\n") && text.length < MAX_LENGTH) {
      parts.set(stream, { text, time });
      continue;
    }
    parts.delete(stream);
    text = text.replace(/\r?\n$/, "");
    const current = group?.entry;
    if (
      group !== undefined &&
      current?.stream === stream &&
      current.text.length + text.length < MAX_LENGTH &&
      group.lines < MAX_LINES &&
      goesOn(current.text, text)
    ) {
      current.text += `\n${text}`;
      current.end = end;
      group.lines += 1;
      continue;
    }
    if (current !== undefined) entries.push(current);
    // Here all that stands before is complete, if no part of anything lies open.
    if (before === undefined && parts.size === 0) whole = { entries: entries.length, end: start };
    group = { entry: { text, end, stream, time }, lines: 1 };
  }
  if (!final) return { entries: entries.slice(0, whole.entries).filter(isSaid), end: whole.end };
  if (group !== undefined) entries.push(group.entry);
  const end = lines.at(-1)?.end ?? whole.end;
  for (const [stream, { text, time }] of parts) entries.push({ text, time, stream, end });
  return { entries: entries.filter(isSaid), end };
}

function isSaid({ text }: Entry): boolean {
  return text.trim() !== "";
}

function goesOn(before: string, text: string): boolean {
  if (POSTGRES_CSV.test(before)) return !POSTGRES_CSV.test(text);
  if (BEGINS.test(text)) return false;
  if (PANIC.test(before)) return true;
  if (TRACEBACK.test(before) && /\n\s[^\n]*$|\n$|:$/.test(before)) return true;
  return GOES_ON.test(text);
}

/** A line of Docker's `json-file` driver; undefined for one that is none. */
function dockerPart(raw: string) {
  try {
    const { log, stream = "", time = "" } = JSON.parse(raw) as Readonly<Record<string, unknown>>;
    if (typeof log !== "string" || typeof stream !== "string" || typeof time !== "string") {
      return undefined;
    }
    return { log, stream, time };
  } catch {
    return undefined;
  }
}
