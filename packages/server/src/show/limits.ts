import { DEFAULT_PICTURE_LIMITS } from "../respond/index.ts";

/** Every limit and time of the HTTP side, in one place. Sizes are bytes, times milliseconds. */
export const HTTP_LIMITS = {
  /** A body, unless its route says otherwise. */
  body: 1024 * 1024,
  /** An Alertmanager's webhook: 10,000 alerts of some 800 bytes. */
  webhookBody: 8 * 1024 * 1024,
  /** A picture for a note: `incidents.pictures.size`. */
  picture: DEFAULT_PICTURE_LIMITS.size,
  /** All headers of a request must be here after this, */
  headersTimeout: 15_000,
  /** and all of its body after this. */
  requestTimeout: 60_000,
  /** How often clients that are too slow are looked for. */
  slowCheckEvery: 5000,
  /** A connection without a request is kept this long. */
  keepAlive: 65_000,
  /** On closing, requests that run may go on this long. */
  closeGrace: 1500,
  /** A path parameter. */
  param: 500,
  /** One health check may take this long, */
  healthTimeout: 2000,
  /** and its answer counts this long, so that probing costs nothing. */
  healthFresh: 1000,
  /** Live streams at once. */
  watchers: 1000,
  /** A watcher is told of one topic at most once in this time. */
  liveEvery: 200,
  /** Between signs of life on a quiet stream; also how often a stream's session is looked at. */
  liveHeartbeat: 15_000,
  /** What may wait in a stream that is not read before it is cut off. */
  liveBacklog: 64 * 1024,
  /** Streams of emergency controls at once, in all and by one token, */
  controlStreams: 5000,
  controlStreamsPerToken: 2000,
  /** and how long one who comes too many should stay away, s. */
  controlRetry: 5,
  /** How long the overview's figures about services are kept: many who watch cost as much as one. */
  overviewFresh: 1000,
} as const;

/** The limits that a test may change. */
export type HttpLimits = { readonly [Name in keyof typeof HTTP_LIMITS]: number };
