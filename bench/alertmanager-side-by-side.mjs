// Random configurations and streams of alerts, told to our router and to Debian's Alertmanager at once:
// packages/server/test/alert-stream says how. Each receiver and group must be told the same.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = new URL("../packages/server/test/alert-stream/main.ts", import.meta.url);
const done = spawnSync(
  process.execPath,
  [
    "--import",
    "tsx",
    "--conditions=@seaworthy/source",
    fileURLToPath(program),
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
process.exitCode = done.status ?? 1;
