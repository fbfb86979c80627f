/**
 * Upper and lower case letter by letter, as Go's strings.ToUpper and ToLower: a letter becomes one
 * letter, whatever stands beside it. JavaScript's own also know `ß` as `SS` and the final sigma.
 */
export function toLower(text: string): string {
  return map(text, (letter) => (letter === "\u0130" ? "i" : letter.toLowerCase()));
}

export function toUpper(text: string): string {
  return map(text, (letter) => {
    const upper = letter.toUpperCase();
    return isOneLetter(upper) ? upper : titleOf(letter);
  });
}

function map(text: string, change: (letter: string) => string): string {
  let changed = "";
  for (const letter of text) {
    const other = change(letter);
    changed += isOneLetter(other) ? other : letter;
  }
  return changed;
}

function isOneLetter(text: string): boolean {
  return text.length === ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
}

/** The Greek letters with an iota below have one upper-case letter, 8 or 9 places further on. */
function titleOf(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  if (code < 0x1f80 || code > 0x1fff) return letter;
  const candidates = [code + 8, code + 9].map((other) => String.fromCodePoint(other));
  return candidates.find((other) => other.toLowerCase() === letter) ?? letter;
}
