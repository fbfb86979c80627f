const context = 3;
/** Beyond this many lines on a side the middle is shown as replaced whole. */
const maxLines = 4_000;

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** The changes from one text to another as a unified diff; a text that is not there yet is undefined. */
export function unifiedDiff(path: string, before: string | undefined, after: string): string {
  const lines = compare(linesOf(before ?? ""), linesOf(after));
  const hunks = hunksOf(lines);
  const from = before === undefined ? "/dev/null" : `a/${path}`;
  return `--- ${from}\n+++ b/${path}\n${hunks}`;
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Longest common subsequence between what is equal at both ends. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start])
    start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const same = (text: string): Line => ({ sign: " ", text });
  const old = before.slice(start, before.length - end);
  const fresh = after.slice(start, after.length - end);
  return [
    ...before.slice(0, start).map(same),
    ...middle(old, fresh),
    ...before.slice(before.length - end).map(same),
  ];
}

function middle(old: readonly string[], fresh: readonly string[]): Line[] {
  const removed = (text: string): Line => ({ sign: "-", text });
  const added = (text: string): Line => ({ sign: "+", text });
  if (old.length > maxLines || fresh.length > maxLines || old.length === 0 || fresh.length === 0)
    return [...old.map(removed), ...fresh.map(added)];
  const width = fresh.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  for (let a = old.length - 1; a >= 0; a -= 1)
    for (let b = fresh.length - 1; b >= 0; b -= 1)
      lengths[a * width + b] =
        old[a] === fresh[b]
          ? (lengths[(a + 1) * width + b + 1] ?? 0) + 1
          : Math.max(lengths[(a + 1) * width + b] ?? 0, lengths[a * width + b + 1] ?? 0);
  const lines: Line[] = [];
  let a = 0;
  let b = 0;
  while (a < old.length && b < fresh.length) {
    if (old[a] === fresh[b]) {
      lines.push({ sign: " ", text: old[a] ?? "" });
      a += 1;
      b += 1;
    } else if ((lengths[(a + 1) * width + b] ?? 0) >= (lengths[a * width + b + 1] ?? 0)) {
      lines.push(removed(old[a] ?? ""));
      a += 1;
    } else {
      lines.push(added(fresh[b] ?? ""));
      b += 1;
    }
  }
  return [...lines, ...old.slice(a).map(removed), ...fresh.slice(b).map(added)];
}

function hunksOf(lines: readonly Line[]): string {
  let text = "";
  let index = 0;
  let oldLine = 1;
  let newLine = 1;
  while (index < lines.length) {
    const change = lines.findIndex((line, at) => at >= index && line.sign !== " ");
    if (change === -1) break;
    const start = Math.max(index, change - context);
    oldLine += start - index;
    newLine += start - index;
    let end = change + 1;
    for (let at = end; at < lines.length && at - end < 2 * context; at += 1)
      if (lines[at]?.sign !== " ") end = at + 1;
    end = Math.min(lines.length, end + context);
    const hunk = lines.slice(start, end);
    const old = hunk.filter((line) => line.sign !== "+").length;
    const fresh = hunk.filter((line) => line.sign !== "-").length;
    text += `@@ -${old === 0 ? 0 : oldLine},${old} +${fresh === 0 ? 0 : newLine},${fresh} @@\n`;
    for (const line of hunk) text += `${line.sign}${line.text}\n`;
    oldLine += old;
    newLine += fresh;
    index = end;
  }
  return text;
}
