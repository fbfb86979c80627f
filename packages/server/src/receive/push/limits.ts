const MiB = 1024 * 1024;

/** What one request that pushes telemetry may ask of the server. */
export interface PushLimits {
  /** A request's body as it comes over the wire, bytes. */
  readonly bodyBytes: number;
  /** A request's body decompressed, bytes. */
  readonly decompressedBytes: number;
  /** All bodies being received at once, as they come and decompressed, bytes. */
  readonly heldBytes: number;
  /** Samples of one request, histograms among them. */
  readonly samples: number;
  /** Labels of a series. */
  readonly labels: number;
  /** A label's name, bytes. */
  readonly labelNameBytes: number;
  /** A label's value, bytes. */
  readonly labelValueBytes: number;
  /**
   * Label sets that are remembered for each protocol, so that they are understood once. With fewer than
   * there are active series each scrape would push out what the next one needs: twice the work.
   */
  readonly knownSeries: number;
  /** Series sent as deltas, of each kind, whose sums are kept. */
  readonly deltaSeries: number;
}

export const defaultPushLimits: PushLimits = {
  bodyBytes: 16 * MiB,
  decompressedBytes: 32 * MiB,
  heldBytes: 256 * MiB,
  samples: 250_000,
  labels: 128,
  labelNameBytes: 1024,
  labelValueBytes: 8192,
  knownSeries: 1_000_000,
  deltaSeries: 100_000,
};

/** Samples before 1970 or after 2100 have a time in the wrong unit. */
export const MAX_TIME_MS = 4_102_444_800_000;
