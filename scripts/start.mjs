// `npm start`: builds what is needed, then becomes `seaworthy up` with the same options.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

build();
const cli = fileURLToPath(new URL("../packages/cli/dist/main.js", import.meta.url));
const child = spawn(process.execPath, [cli, "up", ...process.argv.slice(2)], { stdio: "inherit" });
// A terminal sends Ctrl-C to the whole group; a supervisor signals only this process. Passing it on
// twice is harmless: the server takes the second as the same wish.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 128;
});
