import { findPlugin, firstStatement } from "./fastify-plugin.ts";
import { frameworks, type Framework } from "./frameworks.ts";
import { closing, codeOnly, enclosingBrace, opening } from "./source-text.ts";

export type Edit =
  | { readonly kind: "edited"; readonly text: string; readonly notes: readonly string[] }
  | { readonly kind: "already" }
  /** The place was not found. */
  | { readonly kind: "manual" };

/** Where an application is made: `const app = Fastify({ … });`. */
interface Creation {
  readonly variable: string;
  readonly lineStart: number;
  readonly indent: string;
  /** After the statement. */
  readonly end: number;
  readonly semicolon: boolean;
}

/** How the framework comes into the file. */
interface Import {
  readonly local: string | undefined;
  readonly lineStart: number;
  readonly lineEnd: number;
  readonly required: boolean;
}

/** Whether the source makes an application of the framework. */
export function createsApplication(source: string, framework: Framework): boolean {
  const code = codeOnly(source);
  const imported = findImport(source, code, framework);
  return imported !== undefined && findCreation(source, code, framework, imported) !== undefined;
}

/**
 * Adds the kit to the file in which the application is made: the import after the framework's, the kit
 * right after the application, in the file's own style of quotes, semicolons and modules.
 *
 * @param isModule whether the file is an ES module if it has imports: TypeScript makes CommonJS of some
 */
export function addKit(
  source: string,
  framework: Framework,
  service: string,
  isModule = true,
): Edit {
  if (source.includes(`@seaworthy/sdk`)) return { kind: "already" };
  const code = codeOnly(source);
  const imported = findImport(source, code, framework);
  const creation =
    imported === undefined ? undefined : findCreation(source, code, framework, imported);
  const newline = source.includes("\r\n") ? "\r\n" : "\n";
  const quote = count(source, "'") > count(source, '"') ? "'" : '"';
  const module = `${quote}@seaworthy/sdk/${framework}${quote}`;
  const importOf = (required: boolean) =>
    required ? `const { seaworthy } = require(${module})` : `import { seaworthy } from ${module}`;
  const options = `{ service: ${quote}${service}${quote} }`;
  if (imported === undefined || creation === undefined) {
    const plugin = framework === "fastify" ? findPlugin(source, code) : undefined;
    if (plugin === undefined) return { kind: "manual" };
    const { variable, loadAt, required, mayWait } = plugin;
    // As the other lines end.
    const end = /;\s{0,9}$/m.test(code) ? ";" : "";
    const awaited = mayWait ? "await " : "";
    const [line = ""] = frameworks.fastify.lines({ variable, options, watch: "", awaited });
    const text = withInsertions(source, [
      { at: loadAt, text: `${importOf(required)}${end}${newline}` },
      firstStatement(source, plugin, `${line}${end}`, newline),
    ]);
    return { kind: "edited", text, notes: mayWait ? [] : [notAwaited(variable)] };
  }
  const end = creation.semicolon ? ";" : "";
  const importLine = `${importOf(imported.required)}${end}`;
  const { variable, indent } = creation;
  const insertions: { at: number; text: string }[] = [];
  // `const app = require("fastify")()` is both at once: the import goes before it.
  const inline = imported.lineStart === creation.lineStart;
  insertions.push({
    at: inline ? creation.lineStart : imported.lineEnd,
    text: inline ? `${indent}${importLine}${newline}` : `${importLine}${newline}`,
  });
  const notes: string[] = [];
  const watch = /\bwatch\b/.test(code) ? "seaworthyWatch" : "watch";
  const mayWait = mayAwait(code, creation.lineStart, isModule && !imported.required);
  const awaited = mayWait ? "await " : "";
  const lines = frameworks[framework]
    .lines({ variable, options, watch, awaited })
    .map((line) => `${line}${end}`);
  if (!mayWait && framework === "fastify") notes.push(notAwaited(variable));
  if (framework === "express") {
    const at = errorsPlace(code, variable, creation);
    const errors = `${variable}.use(${watch}.errors)${end}`;
    if (at === undefined)
      notes.push(`after the routes and before your own error handler put: ${errors}`);
    else insertions.push({ at, text: `${indent}${errors}${newline}` });
  }
  const after = lineEndAfter(source, creation.end);
  const broken = source[after - 1] === "\n" ? "" : newline;
  insertions.push({
    at: after,
    text: `${broken}${lines.map((line) => `${indent}${line}${newline}`).join("")}`,
  });
  return { kind: "edited", text: withInsertions(source, insertions), notes };
}

function notAwaited(variable: string): string {
  return `${variable}.register(seaworthy) cannot be awaited here; the counters of a route then begin at its first request`;
}

/** What a person has to add where {@link addKit} finds no place. */
export function byHand(framework: Framework, service: string, modules: "esm" | "cjs"): string {
  const lines = frameworks[framework].lines({
    variable: "app",
    options: `{ service: "${service}" }`,
    watch: "watch",
    awaited: "await ",
  });
  const module = `"@seaworthy/sdk/${framework}"`;
  const load =
    modules === "esm"
      ? `import { seaworthy } from ${module}`
      : `const { seaworthy } = require(${module})`;
  return `${load};\n${lines.join(";\n")}; // first\n`;
}

function findImport(source: string, code: string, framework: Framework): Import | undefined {
  const module = frameworks[framework].package;
  const from = new RegExp(
    `\\bfrom\\s{0,9}["']${module}["']|\\brequire\\(\\s{0,9}["']${module}["']`,
    "g",
  );
  for (const match of source.matchAll(from)) {
    // Not in a comment or a text.
    if (code[match.index] === " ") continue;
    const required = match[0].startsWith("require");
    const statement = statementStart(code, match.index, required);
    const words = code.slice(statement, match.index);
    // Types alone are not the application.
    if (/^import\s+type\b/.test(words)) continue;
    return {
      local: localName(words, framework),
      lineStart: lineStart(code, statement),
      lineEnd: lineEndAfter(source, match.index),
      required,
    };
  }
  return undefined;
}

function statementStart(code: string, index: number, required: boolean): number {
  const word = required ? /(?:const|let|var)\b/g : /import\b/g;
  let start = lineStart(code, index);
  for (const match of code.slice(0, index).matchAll(word)) start = match.index;
  return start;
}

/** The name by which the framework is called: of `import Fastify, { … }`, `import { fastify as f }`, …. */
function localName(words: string, framework: Framework): string | undefined {
  const { exported } = frameworks[framework];
  const whole = /^(?:import|const|let|var)\s{1,9}(?:\*\s{0,9}as\s{1,9})?([\w$]+)/.exec(words)?.[1];
  if (whole !== undefined) return whole;
  const open = words.indexOf("{");
  const close = words.indexOf("}", open);
  if (open === -1 || close === -1) return undefined;
  for (const part of words.slice(open + 1, close).split(",")) {
    // `fastify`, `fastify as f`, and where it is required `fastify: f`.
    const [name, , local] = part.replace(":", " as ").trim().split(/\s+/);
    if (name === exported) return local ?? exported;
  }
  return undefined;
}

function findCreation(
  source: string,
  code: string,
  framework: Framework,
  imported: Import,
): Creation | undefined {
  const calls: number[] = [];
  const { local } = imported;
  const form = frameworks[framework];
  if (local !== undefined)
    for (let at = code.indexOf(local); at !== -1; at = code.indexOf(local, at + 1)) {
      if (/[\w$.]/.test(code[at - 1] ?? " ")) continue;
      const called = at + local.length;
      if (!code.startsWith(form.method, called)) continue;
      const open = afterGenerics(code, called + form.method.length);
      if (code[open] === "(") calls.push(open);
    }
  const direct = new RegExp(
    `\\brequire\\(\\s{0,9}["']${form.package}["']\\s{0,9}\\)\\s{0,9}\\(`,
    "g",
  );
  for (const match of source.matchAll(direct))
    if (code[match.index] !== " ") calls.push(match.index + match[0].length - 1);
  for (const open of calls) {
    const start = lineStart(code, open);
    const head = /^(\s*)(?:export\s{1,9})?(?:const|let|var)\s{1,9}([\w$]+)/.exec(
      code.slice(start, open),
    );
    const variable = head?.[2];
    let end = closing(code, open);
    if (variable === undefined || end === -1) continue;
    end = afterChain(code, end);
    const semicolon = code[end] === ";";
    return {
      variable,
      lineStart: start,
      indent: head?.[1] ?? "",
      end: semicolon ? end + 1 : end,
      semicolon,
    };
  }
  return undefined;
}

/** Past `.withTypeProvider<TypeBoxTypeProvider>()` and the like. */
function afterChain(code: string, index: number): number {
  let end = index;
  for (;;) {
    let at = end;
    while (/\s/.test(code[at] ?? "")) at += 1;
    if (code[at] !== ".") return end;
    at += 1;
    while (/[\w$]/.test(code[at] ?? "")) at += 1;
    at = afterGenerics(code, at);
    if (code[at] !== "(") return end;
    const closed = closing(code, at);
    if (closed === -1) return end;
    end = closed;
  }
}

function afterGenerics(code: string, index: number): number {
  let at = index;
  if (code[at] !== "<") return at;
  let depth = 0;
  for (; at < code.length; at += 1) {
    if (code[at] === "<") depth += 1;
    else if (code[at] === ">" && code[at - 1] !== "=") depth -= 1;
    if (depth === 0) return at + 1;
  }
  return index;
}

/** Whether a statement here may await: the top level of an ES module, or an async function. */
function mayAwait(code: string, index: number, isModule: boolean): boolean {
  for (let brace = enclosingBrace(code, index); brace !== -1; brace = enclosingBrace(code, brace)) {
    // Back over a result type to the parameters, and over these to the function's name.
    let at = brace - 1;
    while (at >= 0 && code[at] !== ")" && code[at] !== ";" && code[at] !== "{") at -= 1;
    const parameters = code[at] === ")" ? opening(code, at) : brace;
    const head = code.slice(lineStart(code, parameters), parameters);
    // A block of a statement belongs to the function around it.
    if (!/\b(?:if|else|for|while|do|try|catch|finally|switch)\b/.test(head))
      return /\basync\b/.test(head);
  }
  return isModule;
}

/**
 * Where `app.use(watch.errors)` belongs: before the first error handler, else before `app.listen`, else
 * where the application is exported.
 */
function errorsPlace(code: string, variable: string, creation: Creation): number | undefined {
  const name = variable.replaceAll("$", "\\$");
  const handler = new RegExp(
    `^[ \\t]{0,40}${name}\\.use\\(\\s{0,20}(?:async\\s{0,20})?(?:function\\s{0,20})?\\(\\s{0,20}_?err`,
    "m",
  );
  const listen = new RegExp(`\\b${name}\\.listen\\(`);
  const exported = new RegExp(
    `^(?:module\\.exports\\s{0,9}=\\s{0,9}|export\\s{1,9}default\\s{1,9}|export\\s{0,9}\\{\\s{0,9})${name}\\b`,
    "m",
  );
  const rest = code.slice(creation.end);
  for (const pattern of [handler, listen, exported]) {
    const found = pattern.exec(rest);
    if (found === null) continue;
    const at = lineStart(code, creation.end + found.index + found[0].length - 1);
    // In another function the kit is not known.
    return enclosingBrace(code, at) === enclosingBrace(code, creation.lineStart)
      ? handlerStart(code, at, found, creation.end)
      : undefined;
  }
  return undefined;
}

/** The line on which the found statement begins. */
function handlerStart(code: string, at: number, found: RegExpExecArray, offset: number): number {
  return Math.min(at, lineStart(code, offset + found.index + 1));
}

function withInsertions(
  source: string,
  insertions: readonly { at: number; text: string }[],
): string {
  let text = source;
  for (const { at, text: inserted } of [...insertions].sort((a, b) => b.at - a.at))
    text = text.slice(0, at) + inserted + text.slice(at);
  return text;
}

function lineStart(text: string, index: number): number {
  return text.lastIndexOf("\n", index - 1) + 1;
}

function lineEndAfter(text: string, index: number): number {
  const end = text.indexOf("\n", index);
  return end === -1 ? text.length : end + 1;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
