import { diffLines } from "../line-diff.ts";

const context = 3;

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

/** What is equal at both ends, and between them the fewest changes. */
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

const signs = { expected: "-", got: "+", both: " " } as const;

function middle(old: readonly string[], fresh: readonly string[]): Line[] {
  return diffLines(old, fresh).map(({ side, text }) => ({ sign: signs[side], text }));
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
