import { readFile } from "node:fs/promises";

/** This command's version, which is also the kit's. */
export async function version(): Promise<string> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  const { version: told } = JSON.parse(text) as { version: string };
  return told;
}
