/**
 * JavaScript or TypeScript with comments, texts and regular expressions blanked out, of the same length:
 * positions found in it are positions in the source. Brackets in it are code.
 */
export function codeOnly(source: string): string {
  const output = source.split("");
  let previous = "";
  let index = 0;
  const blank = (from: number, to: number) => {
    for (let at = from; at < to; at += 1) if (output[at] !== "\n") output[at] = " ";
  };
  while (index < source.length) {
    const end = skip(source, index, previous);
    if (end > index) {
      // Quotes stay, so that a text is still seen to be something.
      const quoted = /["'`]/.test(source[index] ?? "");
      blank(quoted ? index + 1 : index, quoted ? end - 1 : end);
      if (quoted) previous = '"';
      index = end;
      continue;
    }
    const char = source[index] ?? "";
    if (char.trim() !== "") previous = char;
    index += 1;
  }
  return output.join("");
}

/** The end of what begins here and is no code, or the same index. `previous` is the last sign of code. */
function skip(source: string, index: number, previous: string): number {
  const two = source.slice(index, index + 2);
  if (two === "//") return lineEnd(source, index);
  if (two === "/*") {
    const end = source.indexOf("*/", index + 2);
    return end === -1 ? source.length : end + 2;
  }
  const char = source[index] ?? "";
  if (char === '"' || char === "'") return quotedEnd(source, index, char);
  if (char === "`") return templateEnd(source, index);
  // After a value a slash divides; elsewhere it begins a regular expression.
  if (char === "/" && !/[\w$)\]}"]/.test(previous)) return regexEnd(source, index);
  return index;
}

function lineEnd(source: string, index: number): number {
  const end = source.indexOf("\n", index);
  return end === -1 ? source.length : end;
}

function quotedEnd(source: string, start: number, quote: string): number {
  for (let index = start + 1; index < source.length; index += 1) {
    if (source[index] === "\\") index += 1;
    else if (source[index] === quote || source[index] === "\n") return index + 1;
  }
  return source.length;
}

function templateEnd(source: string, start: number): number {
  for (let index = start + 1; index < source.length; index += 1) {
    if (source[index] === "\\") index += 1;
    else if (source[index] === "`") return index + 1;
    else if (source.startsWith("${", index)) {
      let depth = 1;
      index += 2;
      while (index < source.length && depth > 0) {
        const end = skip(source, index, "(");
        if (end > index) index = end;
        else {
          if (source[index] === "{") depth += 1;
          if (source[index] === "}") depth -= 1;
          index += 1;
        }
      }
      index -= 1;
    }
  }
  return source.length;
}

function regexEnd(source: string, start: number): number {
  let inClass = false;
  for (let index = start + 1; index < source.length; index += 1) {
    const char = source[index];
    if (char === "\n") return start + 1;
    if (char === "\\") index += 1;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (char === "/" && !inClass) {
      // The flags.
      do index += 1;
      while (/[a-z]/.test(source[index] ?? ""));
      return index;
    }
  }
  return start + 1;
}

/** The index after the bracket that closes the one at `open`, in code; -1 when nothing does. */
export function closing(code: string, open: number): number {
  let depth = 0;
  for (let index = open; index < code.length; index += 1) {
    const char = code[index] ?? "";
    if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    if (depth === 0) return index + 1;
  }
  return -1;
}

/** The index of the bracket that the one at `close` closes, in code; -1 when nothing does. */
export function opening(code: string, close: number): number {
  let depth = 0;
  for (let index = close; index >= 0; index -= 1) {
    const char = code[index] ?? "";
    if (")]}".includes(char)) depth += 1;
    else if ("([{".includes(char)) depth -= 1;
    if (depth === 0) return index;
  }
  return -1;
}

/** The index of the brace that opens the block around `index`, in code; -1 at the top level. */
export function enclosingBrace(code: string, index: number): number {
  let depth = 0;
  for (let at = index - 1; at >= 0; at -= 1) {
    if (code[at] === "}") depth += 1;
    else if (code[at] === "{") {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return -1;
}
