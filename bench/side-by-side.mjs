// Every expression asked of Seaworthy and of a real Prometheus on the same samples, value by value:
// packages/server/test/side-by-side says what is asked and which differences are known.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = new URL("../packages/server/test/side-by-side/main.ts", import.meta.url);
const done = spawnSync(
  process.execPath,
  [
    "--import",
    "tsx",
    "--conditions=@seaworthy/source",
    fileURLToPath(program),
    ...process.argv.slice(2),
  ],
  { stdio: "inherit", env: { ...process.env, UV_THREADPOOL_SIZE: "16" } },
);
process.exitCode = done.status ?? 1;
