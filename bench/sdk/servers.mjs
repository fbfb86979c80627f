import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const app = fileURLToPath(new URL("./app.mjs", import.meta.url));

/** Takes what the kit and the stack send, and answers at once. */
export async function startSink() {
  const sink = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end("{}"));
  }).listen(0, "127.0.0.1");
  await once(sink, "listening");
  return {
    url: `http://127.0.0.1:${sink.address().port}`,
    close: () => {
      sink.close();
      sink.closeAllConnections();
    },
  };
}

/**
 * Starts one server of the benchmarks in a process of its own: see app.mjs. `iterations` are those of
 * its loop that take a millisecond, `node` the program that runs it.
 */
export async function startServer(framework, kind, { sinkUrl, iterations = 0, node }) {
  const child = fork(app, [framework, kind, String(iterations)], {
    execPath: node ?? process.execPath,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      SEAWORTHY_URL: sinkUrl,
      SEAWORTHY_KEY: "bench",
      OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
      OTEL_SERVICE_NAME: "bench",
    },
  });
  const [{ port }] = await once(child, "message");
  const ask = async (what) => {
    const answer = once(child, "message");
    child.send(what);
    return (await answer)[0];
  };
  return { framework, kind, child, url: `http://127.0.0.1:${port}`, ask };
}
