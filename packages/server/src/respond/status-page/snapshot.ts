import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { StatusWorld } from "./world.ts";

/** A changed form of what is kept gets a new number; another one is not read. */
const FORM = 1;
/** More than this was not written by us. */
const MAX_BYTES = 16 * 1024 * 1024;

const kept = z.object({
  form: z.literal(FORM),
  world: z.looseObject({
    at: z.number(),
    page: z.looseObject({ logo: z.object({ type: z.string(), bytes: z.string() }).nullable() }),
    components: z.array(z.looseObject({ id: z.string() })),
    posts: z.array(z.looseObject({ id: z.string() })),
  }),
});

/**
 * Writes the page to disk, whole or not at all: what is served when the server starts and no database
 * answers. For nobody else's eyes, since a private page keeps its proof of a password in it.
 */
export async function writeSnapshot(file: string, world: StatusWorld): Promise<void> {
  const { logo } = world.page;
  const page = {
    ...world.page,
    logo: logo && { type: logo.type, bytes: logo.bytes.toString("base64") },
  };
  const text = JSON.stringify({ form: FORM, world: { ...world, page } });
  const beside = `${file}.${process.pid}`;
  try {
    await writeFile(beside, text, { mode: 0o600, flush: true });
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Reads what was written; undefined where there is nothing, or nothing that can be read. */
export async function readSnapshot(file: string): Promise<StatusWorld | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
    if (text.length > MAX_BYTES) return undefined;
    const { world } = kept.parse(JSON.parse(text));
    const { logo } = world.page;
    return {
      ...world,
      page: {
        ...world.page,
        logo: logo && { type: logo.type, bytes: Buffer.from(logo.bytes, "base64") },
      },
    } as unknown as StatusWorld;
  } catch {
    return undefined;
  }
}
