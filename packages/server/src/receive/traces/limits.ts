const MiB = 1024 * 1024;

/** What one request that pushes spans may hold. What goes beyond is refused span by span. */
export interface TraceLimits {
  /** A request's body as it comes over the wire, bytes. */
  readonly bodyBytes: number;
  /** A request's body decompressed, bytes. */
  readonly decompressedBytes: number;
  /** All bodies being received at once, as they come and decompressed, bytes. */
  readonly heldBytes: number;
  /** Spans of one request. */
  readonly spans: number;
  /**
   * All spans of a request with their attributes, UTF-16 units. The resource that many spans share counts
   * for each: so it is stored.
   */
  readonly storedLength: number;
  /**
   * Attributes of a span, of its events and of its links together: how many, and their length. The same
   * for those of a resource.
   */
  readonly attributes: number;
  readonly attributesLength: number;
  /** A name, UTF-16 units. */
  readonly nameLength: number;
  /** Events of a span, and links. */
  readonly events: number;
  /** How far ahead of our clock a span may begin, ms. */
  readonly futureMs: number;
  /** How old a span may be, ms: what is older would be deleted at once. */
  readonly pastMs: number;
}

export const defaultTraceLimits: TraceLimits = {
  bodyBytes: 16 * MiB,
  decompressedBytes: 64 * MiB,
  heldBytes: 256 * MiB,
  spans: 100_000,
  storedLength: 256 * MiB,
  attributes: 1024,
  attributesLength: 256 * 1024,
  nameLength: 4096,
  events: 1024,
  futureMs: 10 * 60_000,
  pastMs: 30 * 86_400_000,
};
