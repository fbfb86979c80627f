/** Limits of one request. Times in milliseconds, sizes in bytes. */
export const HTTP_LIMITS = {
  connect: 5000,
  /** From the request's first byte to the answer's last, unless the integration says otherwise. */
  total: 10_000,
  /** What an integration may say; a claim on a notification outlasts it. */
  longest: 30_000,
  /** Of the answer; it is read for its error message and for what the receiver calls the message. */
  answer: 64 * 1024,
  /** Of an answer's text in an error that is stored and shown. */
  shown: 500,
  /** Of a file that holds a secret or a URL. */
  file: 64 * 1024,
  /** Redirects in a row. */
  redirects: 5,
  /** A token of OAuth 2 is renewed this long before it ends. */
  tokenMargin: 10_000,
} as const;
