/**
 * Text may hold bytes that are not UTF-8 (a PromQL string `"\\xff"`, say). They are kept as lone low
 * surrogates, 0xdc00 plus the byte, which no valid text contains.
 */
const RAW_BYTE = 0xdc00;

/** Whether all of a text came from valid UTF-8. */
export function isValidText(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Decodes UTF-8 without losing bytes that are not. */
export function decodeBytes(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      text += decoder.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(RAW_BYTE + lead);
      at += 1;
    }
  }
  return text;
}

/** Quotes a text as Go's `%q` does, near enough for messages. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\udc([0-9a-f]{2})/g, "\\x$1");
}
