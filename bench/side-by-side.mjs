// Every expression asked of Seaworthy and of a real Prometheus on the same samples, value by value:
// packages/server/test/side-by-side says what is asked and which differences are known.
import { runProgram } from "./run-program.mjs";

runProgram(new URL("../packages/server/test/side-by-side/main.ts", import.meta.url), {
  UV_THREADPOOL_SIZE: "16",
});
