import { stripVTControlCharacters } from "node:util";

/** What cannot be seen, but line ends and tabs; and what turns the direction of what can. */
const UNSEEN = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu;

/** Keeps the end of what a program says, in bounded memory, as text that can be shown. */
export class OutputTail {
  readonly #most: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #isCut = false;

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  add(bytes: Buffer): void {
    // A copy: a small piece would keep the large buffer that it was read into.
    const piece = Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.#most)));
    this.#isCut ||= piece.length < bytes.length;
    this.#chunks.push(piece);
    this.#size += piece.length;
    if (this.#size <= 2 * this.#most && this.#chunks.length < 1000) return;
    const kept = Buffer.concat(this.#chunks).subarray(-this.#most);
    this.#isCut ||= kept.length < this.#size;
    this.#chunks.splice(0, this.#chunks.length, Buffer.from(kept));
    this.#size = kept.length;
  }

  text(): string {
    const all = Buffer.concat(this.#chunks);
    let kept = all.subarray(Math.max(0, all.length - this.#most));
    const isCut = this.#isCut || kept.length < all.length;
    if (isCut) {
      // From the beginning of a line, where there is one near.
      const line = kept.indexOf(10);
      if (line >= 0 && line < kept.length / 2) kept = kept.subarray(line + 1);
    }
    // Colours and movements of a terminal, then what is left of controls.
    const text = stripVTControlCharacters(kept.toString("utf8"))
      .replaceAll("\r\n", "\n")
      .replaceAll("\r", "\n")
      .replaceAll(UNSEEN, "");
    return isCut ? `…\n${text}` : text;
  }
}
