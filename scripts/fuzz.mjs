// `node scripts/fuzz.mjs NAME SECONDS [PART]`: generated input for one parser of outside bytes, or for `all` of
// them, for a nightly run (`npm run fuzz:nightly`). Exits 1 with the input (and its seed) that broke it. packages/server/test/fuzz has the targets.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../packages/server/test/fuzz/main.ts", import.meta.url));
const loader = ["--import", "tsx", "--conditions=@seaworthy/source"];
const done = spawnSync(process.execPath, [...loader, main, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = done.status ?? 1;
