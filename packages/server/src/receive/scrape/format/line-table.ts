/**
 * Remembers the lines that a target exposed (a sample's series text, or a whole HELP or TYPE line)
 * with what they were found to mean. A target exposes the same lines in the same order scrape after
 * scrape, so each line also remembers which one followed it: a steady scrape is recognised by
 * comparing bytes, without hashing, decoding or allocating.
 */
export class LineTable<Meaning> {
  /** The bytes of all lines, one after the other. */
  #bytes = Buffer.allocUnsafe(4096);
  #used = 0;
  #starts = new Uint32Array(64);
  #lengths = new Uint32Array(64);
  #next = new Int32Array(64).fill(-1);
  #seen = new Uint32Array(64);
  #meanings: Meaning[] = [];
  #byText = new Map<string, number>();
  #round = 0;
  #seenThisRound = 0;
  #first = -1;
  #last = -1;
  #expected = -1;

  get size(): number {
    return this.#meanings.length;
  }

  /** Begins a scrape. Forgets lines that have not been seen lately when they are the most. */
  begin(): void {
    if (this.size > 2 * this.#seenThisRound + 256) this.#compact();
    this.#round += 1;
    this.#seenThisRound = 0;
    this.#last = -1;
    this.#expected = this.#first;
  }

  /** The length of the line that is expected next if its bytes stand at `at`, or -1. */
  matchExpected(body: Buffer, at: number): number {
    const id = this.#expected;
    if (id < 0) return -1;
    const length = this.#lengths[id] as number;
    if (at + length > body.length) return -1;
    const bytes = this.#bytes;
    const start = this.#starts[id] as number;
    // The end differs more often than the beginning.
    for (let i = length - 1; i >= 0; i -= 1) {
      if (body[at + i] !== bytes[start + i]) return -1;
    }
    return length;
  }

  /** What the expected line means; only after `matchExpected` found it. */
  expectedMeaning(): Meaning {
    return this.meaning(this.#expected);
  }

  /** Takes the expected line as the one that came. */
  takeExpected(): number {
    const id = this.#expected;
    this.#take(id);
    return id;
  }

  /** Takes a line by its text, if it is known; else answers -1. */
  take(text: string): number {
    const id = this.#byText.get(text);
    if (id === undefined) return -1;
    this.#take(id);
    return id;
  }

  /** Adds a line and takes it. `text` is its bytes [start, end) in Latin-1. */
  add(text: string, body: Buffer, start: number, end: number, meaning: Meaning): number {
    const id = this.size;
    if (id === this.#starts.length) this.#growColumns();
    const length = end - start;
    this.#growBytes(length);
    body.copy(this.#bytes, this.#used, start, end);
    this.#starts[id] = this.#used;
    this.#lengths[id] = length;
    this.#next[id] = -1;
    this.#seen[id] = 0;
    this.#used += length;
    this.#meanings.push(meaning);
    this.#byText.set(text, id);
    this.#take(id);
    return id;
  }

  meaning(id: number): Meaning {
    return this.#meanings[id] as Meaning;
  }

  meanings(): readonly Meaning[] {
    return this.#meanings;
  }

  #take(id: number): void {
    if (this.#seen[id] !== this.#round) {
      this.#seen[id] = this.#round;
      this.#seenThisRound += 1;
    }
    if (this.#last < 0) this.#first = id;
    else this.#next[this.#last] = id;
    this.#last = id;
    this.#expected = this.#next[id] as number;
  }

  #growColumns(): void {
    const size = this.#starts.length * 2;
    this.#starts = grown(this.#starts, new Uint32Array(size));
    this.#lengths = grown(this.#lengths, new Uint32Array(size));
    this.#seen = grown(this.#seen, new Uint32Array(size));
    this.#next = grown(this.#next, new Int32Array(size));
  }

  #growBytes(more: number): void {
    if (this.#used + more <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#used + more));
    this.#bytes.copy(bytes, 0, 0, this.#used);
    this.#bytes = bytes;
  }

  #compact(): void {
    const old = {
      bytes: this.#bytes,
      starts: this.#starts,
      lengths: this.#lengths,
      seen: this.#seen,
      meanings: this.#meanings,
    };
    const round = this.#round;
    this.#bytes = Buffer.allocUnsafe(4096);
    this.#used = 0;
    this.#starts = new Uint32Array(64);
    this.#lengths = new Uint32Array(64);
    this.#next = new Int32Array(64).fill(-1);
    this.#seen = new Uint32Array(64);
    this.#meanings = [];
    this.#byText = new Map();
    this.#first = -1;
    this.#last = -1;
    old.meanings.forEach((meaning, id) => {
      if (old.seen[id] !== round) return;
      const start = old.starts[id] as number;
      const end = start + (old.lengths[id] as number);
      this.add(old.bytes.toString("latin1", start, end), old.bytes, start, end, meaning);
    });
  }
}

function grown<T extends Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
