import { jobThread } from "./job-thread.ts";
import type { Answer } from "./post.ts";

/** What became of one attempt to deliver a batch. */
export type Outcome =
  /** Taken, but for some items. */
  | { readonly kind: "taken"; readonly rejected: number }
  /** Not now. `absent` when there was no answer, or one that speaks of the moment. */
  | { readonly kind: "later"; readonly absent: boolean; readonly askedMs: number | undefined }
  /** Never: a wrong key or address stays wrong. */
  | { readonly kind: "refused"; readonly status: number };

export interface DeliveryLimits {
  /** Pause after a first failure, doubled after each further one up to the longest, in milliseconds. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** Longest time that one attempt may take, in milliseconds. */
  readonly attemptMs: number;
}

/** Bodies of OTLP as JSON, compressed, on their way to one address. */
export class Delivery {
  readonly url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #limits: DeliveryLimits;

  constructor(url: URL, key: string, limits: DeliveryLimits) {
    this.url = url;
    this.#limits = limits;
    this.#headers = {
      "content-type": "application/json",
      "content-encoding": "gzip",
      authorization: `Bearer ${key}`,
    };
  }

  /** Tries once. Never rejects. */
  async attempt(body: Uint8Array): Promise<Outcome> {
    const { attemptMs } = this.#limits;
    let answer: Answer;
    try {
      const given = { url: this.url.href, body, headers: this.#headers, attemptMs };
      answer = await jobThread().run("post", given);
    } catch {
      // Absent, reset, or too slow. It is counted when the batch is given up.
      return { kind: "later", absent: true, askedMs: undefined };
    }
    const { status } = answer;
    if (status >= 200 && status < 300)
      return { kind: "taken", rejected: rejectedItems(answer.body) };
    if (status !== 408 && status !== 429 && status < 500) return { kind: "refused", status };
    const asked = Number(answer.retryAfter) * 1_000;
    const absent = status === 408 || status === 429 || (status >= 502 && status <= 504);
    return { kind: "later", absent, askedMs: asked > 0 ? asked : undefined };
  }

  /** Doubling, spread out so that many services do not come back at once, or as the server asks. */
  pauseMs(attempt: number, askedMs: number | undefined): number {
    const { backoffMs, maxBackoffMs } = this.#limits;
    if (askedMs !== undefined) return Math.min(askedMs, maxBackoffMs);
    return Math.min(backoffMs * 2 ** (attempt - 1), maxBackoffMs) * (0.5 + Math.random() / 2);
  }
}

/** How many items an OTLP partial success says were not taken. Anything else says none. */
function rejectedItems(body: string): number {
  if (!body.includes("partialSuccess")) return 0;
  try {
    const { partialSuccess } = JSON.parse(body) as { readonly partialSuccess?: unknown };
    if (typeof partialSuccess !== "object" || partialSuccess === null) return 0;
    for (const [name, value] of Object.entries(partialSuccess))
      if (name.startsWith("rejected") && Number(value) > 0) return Math.floor(Number(value));
  } catch {
    // Not what OTLP says; the status was a success.
  }
  return 0;
}
