import { readFileSync, statSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { maxSnapshot } from "./values.ts";

/** The last known controls on disk, for an application that starts while Seaworthy is away. */
export class CacheFile {
  readonly #path: string;
  readonly #failed: (error: unknown) => void;
  #next: string | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string, failed: (error: unknown) => void) {
    this.#path = path;
    this.#failed = failed;
  }

  /** What was kept; undefined when there is nothing that can be used. */
  read(): string | undefined {
    try {
      // Four bytes a character at most.
      if (statSync(this.#path).size > 4 * maxSnapshot) return undefined;
      return readFileSync(this.#path, "utf8");
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ENOENT") this.#failed(error);
      return undefined;
    }
  }

  /** Keeps the text, whole or not at all. Of many in a row the last one counts. */
  write(text: string): void {
    this.#next = text;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when what was to be written is. */
  async written(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    const partial = `${this.#path}.${process.pid}.partial`;
    while (this.#next !== undefined) {
      const text = this.#next;
      this.#next = undefined;
      try {
        await writeFile(partial, text, { mode: 0o600 });
        await rename(partial, this.#path);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
