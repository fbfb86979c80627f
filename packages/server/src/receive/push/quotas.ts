import { labelsKey, SamplesRefused, SeaworthyError } from "../../model/index.ts";
import type { Clock, Labels, RefusalReason, SampleBatch, SampleSink } from "../../model/index.ts";
import { keepSamples } from "../../store/index.ts";
import { Bucket } from "./bucket.ts";

/** Who pushes, by the key that came with the request, and what that key may. */
export interface Sender {
  readonly id: string;
  readonly name: string;
  /** What is left out has no limit. */
  readonly limits?: Partial<SenderLimits> | undefined;
}

/** null: no limit but that of the platform. */
export interface SenderLimits {
  /** Series that may be active at a time: written in the last one to two hours. */
  readonly series: number | null;
  /** Samples a second, as a mean over some ten seconds. */
  readonly samplesPerSecond: number | null;
  /** Log lines, the bytes of their texts, and spans, in the same way. */
  readonly logLinesPerSecond: number | null;
  readonly logBytesPerSecond: number | null;
  readonly spansPerSecond: number | null;
}

const NO_LIMITS: SenderLimits = {
  series: null,
  samplesPerSecond: null,
  logLinesPerSecond: null,
  logBytesPerSecond: null,
  spansPerSecond: null,
};

/** What a limited sender has used. */
export interface SenderUse {
  readonly id: string;
  readonly name: string;
  readonly activeSeries: number;
  readonly limits: SenderLimits;
  /** Samples since the start that were refused because their series was one too many. */
  readonly refusedSamples: number;
  /** Requests since the start that were told to come again later. */
  readonly delayedRequests: number;
}

/** A sender is faster than its key may be: nothing of the request is stored, and it may come again. */
export class QuotaError extends SeaworthyError {
  readonly code = "sender_too_fast";
  override readonly name = "QuotaError";
  override readonly status: number;
  readonly retryAfterSeconds: number;

  constructor(message: string, status: number, retryAfterSeconds: number) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** A series that was not written for one to two of these is not active any more; ms. */
const GENERATION_MS = 3_600_000;

/** The limits of senders. Senders without any cost nothing. */
export class Quotas {
  readonly #samples: SampleSink;
  readonly #clock: Clock;
  readonly #senders = new Map<string, LimitedSink>();

  constructor(samples: SampleSink, clock: Clock) {
    this.#samples = samples;
    this.#clock = clock;
  }

  /** The way to the store for this sender; `delayStatus` is what its protocol calls "come again later". */
  sinkFor(sender: Sender | undefined, delayStatus: 429 | 503): SampleSink {
    const limits = sender?.limits;
    if (sender === undefined || limits === undefined) return this.#samples;
    let known = this.#senders.get(sender.id);
    if (known === undefined) {
      known = new LimitedSink(this.#samples, this.#clock, sender, { ...NO_LIMITS, ...limits });
      this.#senders.set(sender.id, known);
    }
    const sink = known;
    return {
      write: (batch) => sink.write(batch, delayStatus),
      describe: (metadata) => this.#samples.describe(metadata),
    };
  }

  /** The senders with limits that have sent something since the start. */
  use(): SenderUse[] {
    return [...this.#senders.values()].map((sink) => sink.use());
  }
}

class LimitedSink {
  readonly #samples: SampleSink;
  readonly #clock: Clock;
  readonly #sender: Sender;
  readonly #limits: SenderLimits;
  readonly #rate: Bucket | undefined;
  #current = new Set<string>();
  /** The series of the generation before that have not come again. */
  #previous = new Set<string>();
  #generationEnds: number;
  /** Decoders keep their label objects: those of the generation are spared the key. */
  #met = new WeakSet<Labels>();
  #refusedSamples = 0;
  #delayedRequests = 0;

  constructor(samples: SampleSink, clock: Clock, sender: Sender, limits: SenderLimits) {
    this.#samples = samples;
    this.#clock = clock;
    this.#sender = sender;
    this.#limits = limits;
    const { samplesPerSecond } = limits;
    this.#rate = samplesPerSecond === null ? undefined : new Bucket(samplesPerSecond, clock.now());
    this.#generationEnds = clock.now() + GENERATION_MS;
  }

  use(): SenderUse {
    return {
      id: this.#sender.id,
      name: this.#sender.name,
      activeSeries: this.#current.size + this.#previous.size,
      limits: this.#limits,
      refusedSamples: this.#refusedSamples,
      delayedRequests: this.#delayedRequests,
    };
  }

  async write(batch: SampleBatch, delayStatus: number): Promise<void> {
    this.#spend(batch.times.length, delayStatus);
    const { kept, refused } = this.#admit(batch);
    let fromStore: SamplesRefused | undefined;
    try {
      await this.#samples.write(kept);
    } catch (error) {
      if (!(error instanceof SamplesRefused)) throw error;
      fromStore = error;
    }
    if (refused === undefined && fromStore === undefined) return;
    throw both(refused, fromStore);
  }

  #spend(samples: number, delayStatus: number): void {
    const seconds = this.#rate?.wait(this.#clock.now());
    if (seconds !== undefined && samples > 0) {
      this.#delayedRequests += 1;
      throw new QuotaError(
        `the key "${this.#sender.name}" may send ${this.#rate?.rate} samples a second and has sent more; nothing of this request was stored, send it again later`,
        delayStatus,
        seconds,
      );
    }
    this.#rate?.spend(samples);
  }

  #admit(batch: SampleBatch): { kept: SampleBatch; refused: SamplesRefused | undefined } {
    const limit = this.#limits.series;
    if (limit === null) return { kept: batch, refused: undefined };
    this.#age();
    const allowed = batch.series.map((labels) => this.#meet(labels, limit));
    if (!allowed.includes(false)) return { kept: batch, refused: undefined };
    let count = 0;
    const kept = keepSamples(batch, (sample) => {
      const isAllowed = allowed[batch.seriesOf[sample] ?? 0] === true;
      if (!isAllowed) count += 1;
      return isAllowed;
    });
    const exemplars = batch.exemplars?.filter(({ series }) => allowed[series] === true);
    this.#refusedSamples += count;
    const message = `${count} samples belong to new series although ${limit} of the key "${this.#sender.name}" are active; drop labels that have many values, or have the key's limit raised`;
    return {
      kept: exemplars === undefined ? kept : { ...kept, exemplars },
      refused: new SamplesRefused(message, new Map([["series_limit" as const, count]])),
    };
  }

  #age(): void {
    const now = this.#clock.now();
    if (now < this.#generationEnds) return;
    this.#generationEnds = now + GENERATION_MS;
    this.#previous = this.#current;
    this.#current = new Set();
    this.#met = new WeakSet();
  }

  #meet(labels: Labels, limit: number): boolean {
    if (this.#met.has(labels)) return true;
    const key = labelsKey(labels);
    if (!this.#current.has(key)) {
      const isBack = this.#previous.delete(key);
      if (!isBack && this.#current.size + this.#previous.size >= limit) return false;
      this.#current.add(key);
    }
    this.#met.add(labels);
    return true;
  }
}

function both(a: SamplesRefused | undefined, b: SamplesRefused | undefined): SamplesRefused {
  const reasons = new Map<RefusalReason, number>();
  const told = [a, b].filter((refused) => refused !== undefined);
  for (const refused of told) {
    for (const [reason, count] of refused.reasons) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    }
  }
  return new SamplesRefused(told.map(({ message }) => message).join("; "), reasons);
}
