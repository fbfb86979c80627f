/** What the thread runs that `job-thread.ts` starts. It is loaded by its path and imported by nobody. */
import { parentPort } from "node:worker_threads";
import type { Asked, Told } from "./job-thread.ts";
import { doJob } from "./jobs.ts";

const port = parentPort;
port?.on("message", ({ id, name, given }: Asked) => {
  const tell = (told: Told) => port.postMessage(told);
  doJob(name, given).then(
    (done) => tell({ id, done }),
    (error: unknown) => tell({ id, failed: String(error) }),
  );
});
