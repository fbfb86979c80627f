const MiB = 1024 * 1024;

/** What one request that pushes log lines may hold. What goes beyond is refused line by line. */
export interface LogLimits {
  /** A request's body as it comes over the wire, bytes. */
  readonly bodyBytes: number;
  /** A request's body decompressed, bytes. */
  readonly decompressedBytes: number;
  /** All bodies being received at once, as they come and decompressed, bytes. */
  readonly heldBytes: number;
  /** Lines of one request. */
  readonly lines: number;
  /**
   * All lines of a request with their labels and metadata, UTF-16 units. What many lines share, such as
   * the resource of OTLP's records, counts for each: so it is stored.
   */
  readonly storedLength: number;
  /** A line, UTF-16 units; Loki's own default is 256 KiB. */
  readonly lineLength: number;
  /** Labels of a stream, and streams of one request. */
  readonly labels: number;
  readonly streams: number;
  /** Structured metadata of a line: how many, and the length of all names and values. */
  readonly metadata: number;
  readonly metadataLength: number;
  /** A label's name and value, UTF-16 units. */
  readonly nameLength: number;
  readonly valueLength: number;
  /** How far ahead of our clock a line may be, ms. */
  readonly futureMs: number;
  /** How old a line may be, ms: what is older would be deleted at once. */
  readonly pastMs: number;
}

export const defaultLogLimits: LogLimits = {
  bodyBytes: 16 * MiB,
  decompressedBytes: 32 * MiB,
  heldBytes: 256 * MiB,
  lines: 100_000,
  storedLength: 256 * MiB,
  lineLength: 256 * 1024,
  labels: 64,
  streams: 10_000,
  metadata: 128,
  metadataLength: 64 * 1024,
  nameLength: 1024,
  valueLength: 4096,
  futureMs: 10 * 60_000,
  pastMs: 30 * 86_400_000,
};
