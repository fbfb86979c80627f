import { createRequire } from "node:module";

/** This release, as package.json has it. */
export const VERSION = (createRequire(import.meta.url)("../package.json") as { version: string })
  .version;
