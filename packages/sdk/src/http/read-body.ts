import type { Readable } from "node:stream";

/** Reads a stream whole; undefined when it has more than `maxBytes`. Rejects when it breaks off. */
export async function readBody(stream: Readable, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop early would destroy the connection before it is answered.
  return new Promise((resolve, reject) => {
    stream.on("data", (chunk: Buffer | string) => {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size <= maxBytes) chunks.push(bytes);
      else {
        stream.pause();
        resolve(undefined);
      }
    });
    stream.once("end", () => resolve(size <= maxBytes ? Buffer.concat(chunks) : undefined));
    stream.once("error", reject);
    stream.once("close", () => reject(new Error("the body broke off")));
  });
}

/** Whether a content type is that of a form. */
export function isFormType(type: string): boolean {
  return /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type);
}
