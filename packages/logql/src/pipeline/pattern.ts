/** Part of a pattern: text as it is, or a capture; captures without a name are passed over. */
export type Part = { readonly text: string } | { readonly name: string | undefined };

/** What a pattern finds in a line: `[name, value]` for each named capture; undefined without a match. */
export interface Pattern {
  captures(line: string): [string, string][];
  /** Whether all of the pattern is found, in order: what `|>` asks. */
  matches(line: string): boolean;
}

/**
 * Compiles a pattern such as `<ip> - - <_> "<method> <path>"`. Throws an Error for one that cannot be.
 * With `captures`, it must have one that is named.
 */
export function compilePattern(source: string, options: { readonly captures: boolean }): Pattern {
  const parts = captureParts(source);
  const names = parts.flatMap((part) =>
    "name" in part && part.name !== undefined ? [part.name] : [],
  );
  if (options.captures && names.length === 0) {
    throw new Error("at least one capture is required");
  }
  if (!options.captures && names.length > 0) {
    throw new Error("named captures are not allowed in a pattern filter; use <_>");
  }
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw new Error(`duplicate capture name (${repeated})`);
  if (parts.some((part, i) => "name" in part && "name" in (parts[i + 1] ?? {}))) {
    throw new Error("found consecutive capture; put text between them");
  }
  return {
    captures: (line) => captures(parts, line),
    matches: (line) => matches(parts, line),
  };
}

/** The parts of a pattern, texts and captures in turn. */
export function captureParts(source: string): Part[] {
  if (source === "") throw new Error("empty pattern");
  const parts: Part[] = [];
  let at = 0;
  for (const match of source.matchAll(/<([A-Za-z_]\w*)>/g)) {
    if (match.index > at) parts.push({ text: source.slice(at, match.index) });
    parts.push({ name: match[1] === "_" ? undefined : match[1] });
    at = match.index + match[0].length;
  }
  if (at < source.length) parts.push({ text: source.slice(at) });
  return parts;
}

/** Takes what it can: captures up to where the line stops following the pattern. */
function captures(parts: readonly Part[], line: string): [string, string][] {
  const found: [string, string][] = [];
  let at = 0;
  const [first] = parts;
  let i = 0;
  if (first !== undefined && "text" in first) {
    const start = line.indexOf(first.text);
    if (start !== 0) return found;
    at = first.text.length;
    i = 1;
  }
  for (; i < parts.length; i += 2) {
    const capture = parts[i];
    const next = parts[i + 1];
    if (capture === undefined || "text" in capture) return found;
    const end = next !== undefined && "text" in next ? line.indexOf(next.text, at) : line.length;
    const value = line.slice(at, end === -1 ? line.length : end);
    if (capture.name !== undefined && value !== "") found.push([capture.name, value]);
    if (end === -1 || next === undefined || !("text" in next)) return found;
    at = end + next.text.length;
  }
  return found;
}

function matches(parts: readonly Part[], line: string): boolean {
  let at = 0;
  for (const [i, part] of parts.entries()) {
    if ("name" in part) continue;
    const found = line.indexOf(part.text, at);
    if (found === -1 || (i === 0 && found !== 0)) return false;
    at = found + part.text.length;
  }
  const last = parts.at(-1);
  if (last === undefined || "name" in last) return true;
  return line.endsWith(last.text);
}
