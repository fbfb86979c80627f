import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

/** A file whose whole content is written anew again and again. It stays open: that is cheaper. */
export class SpoolFile {
  readonly path: string;
  #file: FileHandle | undefined;
  /** What it holds, or more; bytes. */
  #size = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes `bytes` the content. One write at a time. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#file ??= await open(this.path, "w");
    const before = this.#size;
    this.#size = Math.max(before, bytes.length);
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, at);
      at += bytesWritten;
    }
    if (before > bytes.length) await this.#file.truncate(bytes.length);
    this.#size = bytes.length;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}
