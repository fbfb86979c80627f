/** Limits of subscribing: how many messages strangers can make us send. Times in milliseconds. */
export const SUBSCRIBE_LIMITS = {
  /** Questions to one address: the least time between two, and how many without an answer. */
  perAddressPause: 10 * 60_000,
  perAddress: 5,
  /** Questions to all addresses of one mailbox (`bob+1@`, `bob+2@`) in a day. */
  perMailbox: 5,
  mailboxWindow: 24 * 3_600_000,
  /** Questions to anybody in an hour. */
  inAll: 200,
  allWindow: 3_600_000,
  /** How long the link in a question answers. */
  linkLife: 48 * 3_600_000,
  /** Who has not answered for this long is forgotten. */
  unanswered: 14 * 24 * 3_600_000,
} as const;
