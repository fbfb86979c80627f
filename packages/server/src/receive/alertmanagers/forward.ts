import type { Logger } from "pino";
import { messageOf, systemClock } from "../../model/index.ts";
import type { Alert, AlertSink } from "../../model/index.ts";
import { createAdmission } from "../admit.ts";
import { createHttpClient } from "../scrape/http-client.ts";
import type { HttpClient } from "../scrape/http-client.ts";
import type { AlertmanagerConfig } from "../scrape/job.ts";

/** As Prometheus has it: alerts that wait for one Alertmanager, and alerts of one request. */
const QUEUE = 10_000;
const BATCH = 256;
/** Of an answer's body. */
const MAX_ANSWER = 64 * 1024;

/** Tells Alertmanagers elsewhere of the rules' alerts: `alerting` of prometheus.yml. */
export interface AlertForwarder extends AlertSink {
  /** Replaces the Alertmanagers. Cannot fail. */
  apply(alertmanagers: readonly AlertmanagerConfig[]): void;
  /** Ends; what waits is given up. */
  close(): Promise<void>;
}

/**
 * Makes a forwarder. `accept` does not wait for the Alertmanagers: one that is down must hold up neither
 * rules nor the routing here, and hears of an alert that goes on with its next repetition.
 */
export function createAlertForwarder(options: { readonly log: Logger }): AlertForwarder {
  let peers: readonly Peer[] = [];
  let closing: Promise<unknown>[] = [];
  const apply = (alertmanagers: readonly AlertmanagerConfig[]) => {
    closing = peers.map((peer) => peer.close());
    peers = alertmanagers.flatMap((config) =>
      config.urls.map((url) => new Peer(url, config, options.log)),
    );
  };
  return {
    async accept(alerts) {
      for (const peer of peers) peer.add(alerts);
    },
    apply,
    async close() {
      apply([]);
      await Promise.all(closing);
    },
  };
}

/** One Alertmanager and what it is still to be told, in order. */
class Peer {
  readonly #url: string;
  readonly #timeout: number;
  readonly #log: Logger;
  readonly #client: HttpClient;
  readonly #stopped = new AbortController();
  #waiting: Alert[] = [];
  #sending: Promise<void> | undefined;
  #reached = true;

  constructor(url: string, { http, timeout }: AlertmanagerConfig, log: Logger) {
    this.#url = url;
    this.#timeout = timeout;
    this.#log = log;
    this.#client = createHttpClient({
      http,
      admission: createAdmission(MAX_ANSWER),
      userAgent: "Seaworthy",
      clock: systemClock,
    });
  }

  add(alerts: readonly Alert[]): void {
    this.#waiting.push(...alerts);
    const dropped = this.#waiting.length - QUEUE;
    if (dropped > 0) {
      // The newest say most: what an older one said is repeated soon.
      this.#waiting.splice(0, dropped);
      this.#log.warn({ url: this.#url, dropped }, "alerts wait too long for an Alertmanager");
    }
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#sending;
    await this.#client.close();
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopped.signal.aborted) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#client.post(
          {
            url: this.#url,
            headers: {},
            compression: false,
            maxBytes: MAX_ANSWER,
            body: JSON.stringify(batch.map(alertBody)),
          },
          AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(this.#timeout)]),
        );
        if (!this.#reached) this.#log.info({ url: this.#url }, "an Alertmanager is reached again");
        this.#reached = true;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        this.#reached = false;
        const about = { url: this.#url, alerts: batch.length, error: messageOf(error) };
        this.#log.warn(about, "an Alertmanager could not be told of alerts");
      }
    }
  }
}

/** An alert as `POST /api/v2/alerts` takes it. */
function alertBody({ labels, annotations, startsAt, endsAt, generatorURL }: Alert) {
  return {
    labels,
    annotations,
    startsAt: new Date(startsAt).toISOString(),
    endsAt: new Date(endsAt).toISOString(),
    generatorURL,
  };
}
