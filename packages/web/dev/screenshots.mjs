// Takes pictures of every screen, in three conditions, two sizes and two themes, of what was built
// last. SCREENSHOTS names the folder; ONLY is a pattern of the pictures wanted.
import { runnerImport } from "vite";
import { fileURLToPath } from "node:url";

await runnerImport(fileURLToPath(new URL("./screenshots.ts", import.meta.url)));
