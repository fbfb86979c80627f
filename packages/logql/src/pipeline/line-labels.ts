import { ERROR, ERROR_DETAILS } from "../labels.ts";
import type { Labels } from "../labels.ts";

/** Put behind the name of a label that is extracted where there is one already. */
const DUPLICATE = "_extracted";

/** The labels of one line on its way through a pipeline: its stream's, its metadata, what was extracted. */
export class LineLabels {
  #stream: Labels = {};
  #metadata: Labels = {};
  #parsed = new Map<string, string>();
  #deleted = new Set<string>();
  error = "";
  errorDetails = "";

  reset(stream: Labels, metadata: Labels): void {
    this.#stream = stream;
    this.#metadata = metadata;
    if (this.#parsed.size > 0) this.#parsed = new Map();
    if (this.#deleted.size > 0) this.#deleted = new Set();
    this.error = "";
    this.errorDetails = "";
  }

  /** A label's value; empty for none. */
  get(name: string): string {
    if (name === ERROR) return this.error;
    if (name === ERROR_DETAILS) return this.errorDetails;
    const parsed = this.#parsed.get(name);
    if (parsed !== undefined) return parsed;
    if (this.#deleted.has(name)) return "";
    return own(this.#metadata, name) ?? own(this.#stream, name) ?? "";
  }

  /** Whether the label came with the line. */
  came(name: string): boolean {
    return own(this.#stream, name) !== undefined || own(this.#metadata, name) !== undefined;
  }

  set(name: string, value: string): void {
    if (name === ERROR) this.error = value;
    else if (name === ERROR_DETAILS) this.errorDetails = value;
    else this.#parsed.set(name, value);
  }

  /** Sets what a parser found; the first find of a name counts. */
  extract(name: string, value: string): void {
    const label = this.came(name) ? name + DUPLICATE : name;
    this.#parsed.set(label, value);
  }

  delete(name: string): void {
    if (name === ERROR) this.error = "";
    else if (name === ERROR_DETAILS) this.errorDetails = "";
    else {
      this.#parsed.delete(name);
      this.#deleted.add(name);
    }
  }

  fail(error: string, details: string): void {
    this.error = error;
    this.errorDetails = details;
  }

  /** Names of all labels that have a value, errors too. */
  names(): string[] {
    return Object.keys(this.all());
  }

  /** All labels. */
  all(): Record<string, string> {
    const { stream, metadata, parsed } = this.categories();
    return { ...stream, ...metadata, ...parsed };
  }

  /** All labels by where they are from; what was extracted hides what came under the same name. */
  categories(): { stream: Labels; metadata: Labels; parsed: Labels } {
    const parsed: Record<string, string> = {};
    for (const [name, value] of this.#parsed) if (value !== "") parsed[name] = value;
    if (this.error !== "") parsed[ERROR] = this.error;
    if (this.errorDetails !== "") parsed[ERROR_DETAILS] = this.errorDetails;
    const kept = (labels: Labels, hidden?: Labels): Labels => {
      if (this.#parsed.size === 0 && this.#deleted.size === 0 && hidden === undefined)
        return labels;
      const left: Record<string, string> = {};
      for (const name in labels) {
        const gone =
          this.#parsed.has(name) ||
          this.#deleted.has(name) ||
          (hidden !== undefined && own(hidden, name) !== undefined);
        if (!gone) left[name] = labels[name] ?? "";
      }
      return left;
    };
    const metadata = kept(this.#metadata);
    return { stream: kept(this.#stream, metadata), metadata, parsed };
  }
}

function own(labels: Labels, name: string): string | undefined {
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  return value === "" ? undefined : value;
}
