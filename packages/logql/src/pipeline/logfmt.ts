/** What logfmt holds: pairs in their order, and whether anything was wrong. */
export interface Logfmt {
  readonly pairs: readonly (readonly [string, string])[];
  /** What was wrong first, with the position (from 1). */
  readonly fault: string | undefined;
}

const PAIR = /[ \t]*(?:([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?)?/y;

/** Reads a line of logfmt. In what is wrong it goes on behind the next space. */
export function readLogfmt(line: string): Logfmt {
  const pairs: [string, string][] = [];
  let fault: string | undefined;
  let at = 0;
  while (at < line.length) {
    PAIR.lastIndex = at;
    const match = PAIR.exec(line);
    const end = PAIR.lastIndex;
    const stops = end >= line.length || /\s/.test(line[end] ?? "");
    if (match?.[1] !== undefined && stops) {
      const quoted = match[2];
      const value = quoted === undefined ? (match[3] ?? "") : unescape(quoted);
      pairs.push([match[1], value]);
      at = end;
    } else if (stops && match !== null && end > at) at = end;
    else if (/\s/.test(line[at] ?? "")) at += 1;
    else {
      fault ??= `logfmt syntax error at pos ${end + 1} : unexpected '${line[end] ?? ""}'`;
      const space = line.slice(end).search(/\s/);
      at = space === -1 ? line.length : end + space;
    }
  }
  return { pairs, fault };
}

function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
