// Random configurations and streams of alerts, told to our router and to Debian's Alertmanager at once:
// packages/server/test/alert-stream says how. Each receiver and group must be told the same.
import { runProgram } from "./run-program.mjs";

runProgram(new URL("../packages/server/test/alert-stream/main.ts", import.meta.url));
