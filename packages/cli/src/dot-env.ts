import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment with what the folder's `.env` adds to it: what is set already wins. Only variables of
 * Seaworthy's own are taken; the others are the service's.
 *
 * @throws when there is a `.env` that cannot be read.
 */
export async function withDotEnv(
  environment: Environment,
  folder: string,
): Promise<Record<string, string | undefined>> {
  let text: string;
  try {
    text = await readFile(join(folder, ".env"), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return { ...environment };
    throw error;
  }
  const added = Object.entries(parseEnv(text)).filter(
    // An empty one is a place to fill in, as in .env.example.
    ([name, value]) => name.startsWith("SEAWORTHY_") && value !== "",
  );
  return { ...Object.fromEntries(added), ...environment };
}
