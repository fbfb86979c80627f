import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIP } from "node:net";
import type { Logger } from "pino";
import { messageOf, SamplesRefused, SeaworthyError } from "../../model/index.ts";
import type { Clock, SampleSink, Timer } from "../../model/index.ts";
import type { SelfMetrics } from "../../self/index.ts";
import { Refusals } from "../push/refusals.ts";
import { Aggregate } from "./aggregate.ts";
import type { HistogramForm } from "./aggregate.ts";
import { LINE_LIMITS, parseLine } from "./parse.ts";
import type { LineFault } from "./parse.ts";

/** Lines of one packet, which has 64 KiB at most by itself. */
const LINES_PER_PACKET = 2000;
/** Members of all sets between two flushes. */
const SET_MEMBERS = 200_000;

export interface StatsdSettings {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Milliseconds. */
  readonly flushInterval: number;
  readonly expireAfter: number;
  readonly maxSeries: number;
  readonly histograms: HistogramForm;
}

interface StatsdOptions {
  readonly settings: StatsdSettings;
  readonly samples: SampleSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SelfMetrics, "dropped">;
}

/** Listens for StatsD and DogStatsD. */
export interface Statsd {
  /** Where it listens. */
  readonly port: number;
  /** Stores what has come so far. */
  flush(): Promise<void>;
  /** Stops listening and stores what has come. */
  close(): Promise<void>;
}

class StatsdError extends SeaworthyError {
  readonly code = "statsd_address_unusable";
  override readonly name = "StatsdError";
}

const REASONS = {
  invalid: "invalid",
  unsupported: "invalid",
  over_limit: "over_limit",
} as const satisfies Record<LineFault, string>;

/** Begins to listen. Rejects when the address cannot be had. */
export async function startStatsd(options: StatsdOptions): Promise<Statsd> {
  const { settings, clock, log, metrics, samples } = options;
  const limits = {
    series: settings.maxSeries,
    setMembers: SET_MEMBERS,
    expireAfter: settings.expireAfter,
  };
  const aggregate = new Aggregate(limits, settings.histograms, clock.now());
  const dropped = new Map<LineFault, number>();
  const drop = (reason: LineFault) => void dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
  let writing: Promise<void> = Promise.resolve();
  let timer: Timer | undefined;
  let lastTime = 0;

  const take = (packet: Buffer): void => {
    let count = 0;
    for (const line of packet.toString("utf8").split("\n")) {
      if (line === "" || line === "\r") continue;
      if (++count > LINES_PER_PACKET) return drop("over_limit");
      const metric = parseLine(line.replace(/\r$/, ""), LINE_LIMITS);
      const fault = typeof metric === "string" ? metric : aggregate.add(metric, clock.now());
      if (fault !== undefined) drop(fault);
    }
  };

  const write = async (): Promise<void> => {
    for (const [reason, count] of dropped) metrics.dropped("samples", REASONS[reason], count);
    if (dropped.size > 0) log.warn(Object.fromEntries(dropped), "lines of StatsD were dropped");
    dropped.clear();
    // Two flushes in one millisecond would write one sample twice.
    lastTime = Math.max(clock.now(), lastTime + 2);
    const batch = aggregate.flush(lastTime);
    if (batch.size === 0) return;
    try {
      await samples.write(batch.build());
    } catch (error) {
      const refusals = new Refusals();
      if (error instanceof SamplesRefused) refusals.addStore(error);
      // Sums go on in memory: the next flush has them.
      else metrics.dropped("samples", "store_unavailable", batch.size);
      refusals.count(metrics);
      log.error({ reason: messageOf(error) }, "samples of StatsD were not stored");
    }
  };
  const flush = (): Promise<void> => (writing = writing.then(write));
  const plan = (): void => {
    timer = clock.after(settings.flushInterval, () => void flush().then(plan));
  };

  const socket = createSocket(isIP(settings.host) === 6 ? "udp6" : "udp4");
  socket.on("message", take);
  try {
    socket.bind(settings.port, settings.host);
    await once(socket, "listening");
  } catch (error) {
    throw new StatsdError(
      `cannot listen for StatsD on ${settings.host}:${settings.port}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  socket.on("error", (error) => log.error({ err: error }, "the socket of StatsD failed"));
  plan();
  const { port } = socket.address();
  log.info({ host: settings.host, port }, "listening for StatsD");
  let closed = false;
  return {
    port,
    flush,
    async close() {
      if (closed) return;
      closed = true;
      timer?.cancel();
      socket.close();
      await once(socket, "close");
      await flush();
      timer?.cancel();
    },
  };
}
