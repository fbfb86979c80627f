const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
]);

/** What Go's unicode.IsPrint accepts: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** A string as Go's strconv.Quote writes it; `asciiOnly` as QuoteToASCII does (`%+q`). */
export function quote(text: string, asciiOnly = false): string {
  return `"${escape(text, '"', asciiOnly)}"`;
}

/** A character as strconv.QuoteRune writes it. */
export function quoteRune(code: number, asciiOnly = false): string {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return `'${escape(String.fromCodePoint(valid ? code : 0xfffd), "'", asciiOnly)}'`;
}

function escape(text: string, mark: string, asciiOnly: boolean): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const simple = ESCAPES.get(char);
    if (char === mark) out += `\\${mark}`;
    else if (simple !== undefined) out += simple;
    else if (PRINTABLE.test(char) && (!asciiOnly || code < 0x80)) out += char;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 0x10000) out += `\\u${code.toString(16).padStart(4, "0")}`;
    else out += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return out;
}
