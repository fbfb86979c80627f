/**
 * The layout of fastify-cli: `fastify start app.js` makes the application itself, and the file exports a
 * plugin that fills it.
 */
import { closing, codeOnly, enclosingBrace } from "./source-text.ts";

/** The plugin's function, in a source. */
export interface Plugin {
  /** What it calls the application. */
  readonly variable: string;
  /** After the brace that opens its body. */
  readonly bodyStart: number;
  /** Where a line that loads something may stand: before all others that do, else before the plugin. */
  readonly loadAt: number;
  /** Whether the file is one of CommonJS. */
  readonly required: boolean;
  /** Whether it is asynchronous, and takes no callback. */
  readonly mayWait: boolean;
}

/** `module.exports = …`, `export default fp(…`: up to the function, or to the name of what is exported. */
const exporting =
  /^(?:(module\.exports)\s{0,9}=|export\s{1,9}default\b)\s{0,9}(?:(?!async\b|function\b)[\w$]{1,80}\(\s{0,9})?(?=[\w$(])/m;
/** A function up to its parameters. */
const heading = /^(async\b\s{0,9})?(function\b\s{0,9}[\w$]{0,80}\s{0,9})?\(/;

/** The plugin that a file exports; undefined where none is found. */
export function findPlugin(source: string, code = codeOnly(source)): Plugin | undefined {
  const exported = exporting.exec(code);
  if (exported === null) return undefined;
  const named = exported.index + exported[0].length;
  const start = headingAt(code, named) === null ? definition(code, named) : named;
  const head = start === undefined ? null : headingAt(code, start);
  if (start === undefined || head === null) return undefined;
  const open = start + head[0].length - 1;
  const variable = /^\s{0,99}([\w$]{1,80})\s{0,9}[,:)]/.exec(code.slice(open + 1))?.[1];
  const close = closing(code, open);
  if (variable === undefined || close === -1) return undefined;
  const brace = code.indexOf("{", close);
  const isArrow = head[2] === undefined;
  if (brace === -1 || !isBetween(code.slice(close, brace).trim(), isArrow)) return undefined;
  const loads = firstLoad(code) ?? start;
  const before = enclosingBrace(code, loads) === -1 ? loads : start;
  return {
    variable,
    bodyStart: brace + 1,
    loadAt: code.lastIndexOf("\n", Math.min(before, start) - 1) + 1,
    required: exported[1] !== undefined,
    mayWait: head[1] !== undefined,
  };
}

function headingAt(code: string, at: number): RegExpExecArray | null {
  return heading.exec(code.slice(at, at + 300));
}

/** Where the function stands that is defined by the name that stands here. */
function definition(code: string, at: number): number | undefined {
  const name = /^[\w$]{1,80}/.exec(code.slice(at, at + 80))?.[0] ?? "";
  const named = `${name.replaceAll("$", "\\$")}(?![\\w$])`;
  const declared = new RegExp(
    `^(?:export[ \\t]{1,9})?(?:async[ \\t]{1,9})?function[ \\t]{1,9}${named}`,
    "m",
  ).exec(code);
  if (declared !== null)
    return declared.index + (/^export[ \t]{1,9}/.exec(declared[0])?.[0].length ?? 0);
  const assigned = new RegExp(
    `^(?:export[ \\t]{1,9})?(?:const|let|var)[ \\t]{1,9}${named}`,
    "m",
  ).exec(code);
  const sign = assigned === null ? -1 : code.indexOf("=", assigned.index);
  if (sign === -1) return undefined;
  const value = code.slice(sign + 1);
  return sign + 1 + value.length - value.trimStart().length;
}

/** Whether this stands between parameters and a body: a result's type or nothing, and of some an arrow. */
function isBetween(code: string, isArrow: boolean): boolean {
  if (code.endsWith("=>") !== isArrow) return false;
  const type = isArrow ? code.slice(0, -2).trim() : code;
  // A type that goes on, as `Promise<{` does, has the brace in it.
  return type === "" || (/^:.*[\w$>\]]$/s.test(type) && !/[;()}=]/.test(type));
}

/** Where the first line stands that loads something. */
function firstLoad(code: string): number | undefined {
  let at = 0;
  for (const line of code.split("\n")) {
    const required = /^(?:const|let|var)\b/.test(line) && /=[ \t]{0,9}require\(/.test(line);
    if (required || /^import\b(?!\()/.test(line)) return at;
    at += line.length + 1;
  }
  return undefined;
}

/** Puts a statement first in the plugin's body, as the body is indented. */
export function firstStatement(
  source: string,
  { bodyStart }: Plugin,
  statement: string,
  newline: string,
): { readonly at: number; readonly text: string } {
  const lineEnd = source.indexOf("\n", bodyStart);
  const rest = source.slice(bodyStart, lineEnd === -1 ? source.length : lineEnd);
  const indent = /\n([ \t]{1,80})\S/.exec(source.slice(bodyStart, bodyStart + 2_000))?.[1] ?? "  ";
  // Behind a comment of the line; anything else there may go on over more lines.
  if (lineEnd !== -1 && /^\s*(?:\/\/[^]*)?$/.test(rest))
    return { at: lineEnd + 1, text: `${indent}${statement}${newline}` };
  return { at: bodyStart, text: `${newline}${indent}${statement}${newline}${indent}` };
}
