/** Runs the demo shop; see options.ts for the command line. */
import { fstatSync } from "node:fs";
import type { AddressInfo } from "node:net";
import type { PGlite } from "@electric-sql/pglite";
import { createKit } from "@seaworthy/sdk";
import { Controls } from "@seaworthy/sdk/controls";
import { prepareFolder, scratchFolder } from "./database-folder.ts";
import { openPGlite } from "./database.ts";
import { parseOptions, usage, type Options } from "./options.ts";
import { createShop } from "./shop.ts";
import { startStorm, startTraffic, type Traffic } from "./traffic.ts";

/** What a stop may take before it is cut short. */
const stopWithinMs = 1_500;

async function main(options: Options): Promise<void> {
  const isWatched = (process.env["SEAWORTHY_URL"] ?? "") !== "";
  const kit = createKit({
    service: "shop",
    environment: "demo",
    version: "0.1.0",
    logs: {
      // To Seaworthy, where one is named, all that matters; to whoever looks on, what was asked for.
      level: isWatched && options.logLevel === "silent" ? "info" : options.logLevel,
      destination: {
        write: (line) => void (options.logLevel === "silent" || process.stderr.write(line)),
      },
    },
  });
  let open: (database: Promise<PGlite>) => void = () => {};
  const opening = new Promise<PGlite>((resolve) => {
    open = resolve;
  });
  const controls = new Controls({
    service: "shop",
    environment: "demo",
    onProblem: (problem) => kit.logger.warn({ problem }, "the controls cannot be followed"),
  });
  const shop = await createShop(opening, kit, controls);
  const running: Traffic[] = [];
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    for (const traffic of running) traffic.stop();
    setTimeout(() => process.exit(0), stopWithinMs).unref();
    shop.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  whenParentEnds(stop);

  // The port comes first: when it is taken, that is known before seconds go into a database.
  await shop.app.listen({ host: options.host, port: options.port });
  const { port } = shop.app.server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  const url = `http://${host}:${port}`;
  const database = openDatabase(options);
  open(database);
  await database;
  if (stopping) return;

  const reachable = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  running.push(startStorm(reachable, shop.faults));
  if (options.traffic) running.push(startTraffic(reachable));
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`);
  process.send?.({ ready: true, url });
}

async function openDatabase({ data }: Options): Promise<PGlite> {
  if (data === "memory") return openPGlite(undefined);
  if (data === undefined) return openPGlite(await scratchFolder());
  await prepareFolder(data);
  return openPGlite(data);
}

/** Calls `stop` when the process that started this one is gone, so that no shop is left behind. */
function whenParentEnds(stop: () => void): void {
  if (process.connected) process.on("disconnect", stop);
  let piped = false;
  try {
    const input = fstatSync(0);
    piped = input.isFIFO() || input.isSocket();
  } catch {
    // No standard input at all, as under some supervisors.
  }
  if (!piped) return;
  process.stdin.on("end", stop).on("close", stop).on("error", stop).resume();
}

let options: Options | undefined;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  process.exitCode = 2;
}
if (options?.help === true) process.stdout.write(usage);
else if (options !== undefined)
  main(options).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`the shop cannot start: ${reason}\n`);
    process.exit(1);
  });
