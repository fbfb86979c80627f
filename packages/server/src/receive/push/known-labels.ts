import type { Labels } from "../../model/index.ts";
import { Generations } from "./generations.ts";

/** Texts of label values that are kept once, however many series have them. */
const SHARED_TEXTS = 100_000;

/** The label sets that a protocol has met, by what its senders write for them. */
export class KnownLabels {
  readonly #sets: Generations<Labels>;
  readonly #texts = new Generations<string>(SHARED_TEXTS);

  /** `size`: sets that are remembered, and as many that have not been asked for lately. */
  constructor(size: number) {
    this.#sets = new Generations(size);
  }

  /** See `Generations.turn`. */
  get turn(): number {
    return this.#sets.turn;
  }

  get(key: string): Labels | undefined {
    return this.#sets.get(key);
  }

  /** Remembers a set; answers the one that is remembered. */
  add(key: string, labels: Labels): Labels {
    const shared: Record<string, string> = { ...labels };
    // Most values are those of many series: without this they would be most of what is remembered.
    for (const name in shared) shared[name] = this.#share(shared[name] ?? "");
    this.#sets.set(key, shared);
    return shared;
  }

  #share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}
