import { readFile } from "node:fs/promises";
import { HTTP_LIMITS } from "./limits.ts";

/** The trimmed content of a small file. */
export async function readSecret(file: string): Promise<string> {
  return (await readSmall(file)).trim();
}

/** The text, or the content of the file when there is one. Secrets are read anew: they may be rotated. */
export async function secretOf(inline: string, file: string): Promise<string> {
  return file === "" ? inline : readSecret(file);
}

/** The content of a small text file. */
export async function readSmall(file: string): Promise<string> {
  const text = await readFile(file, "utf8");
  if (text.length > HTTP_LIMITS.file)
    throw new Error(`${file} is larger than ${HTTP_LIMITS.file} bytes`);
  return text;
}
