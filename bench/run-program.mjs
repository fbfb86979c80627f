import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Runs a TypeScript program from source with this process's arguments, and ends as it ends. */
export function runProgram(program, environment = {}) {
  const done = spawnSync(
    process.execPath,
    [
      "--import",
      "tsx",
      "--conditions=@seaworthy/source",
      fileURLToPath(program),
      ...process.argv.slice(2),
    ],
    { stdio: "inherit", env: { ...process.env, ...environment } },
  );
  process.exitCode = done.status ?? 1;
}
