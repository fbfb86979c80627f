import { lineColumn, type Span } from "./errors.ts";

const MAX_EACH = 1000;

/** Collects what an evaluation has to say about its data, each thing once. */
export class Annotations {
  readonly #query: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();

  constructor(query: string) {
    this.#query = query;
  }

  warn(message: string, span: Span): void {
    if (this.#warnings.size < MAX_EACH) {
      this.#warnings.add(`PromQL warning: ${message} (${lineColumn(this.#query, span.start)})`);
    }
  }

  info(message: string, span: Span): void {
    if (this.#infos.size < MAX_EACH) {
      this.#infos.add(`PromQL info: ${message} (${lineColumn(this.#query, span.start)})`);
    }
  }

  get warnings(): string[] {
    return [...this.#warnings];
  }

  get infos(): string[] {
    return [...this.#infos];
  }
}
