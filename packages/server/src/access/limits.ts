const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Every limit and time of access, in one place. Times are milliseconds. */
export const ACCESS_LIMITS = {
  /** A session ends after this long without use … */
  sessionIdle: 14 * DAY,
  /** … and after this long in any case. */
  sessionTotal: 90 * DAY,
  /** A session's end is moved at most this often, to spare a write on every request. */
  sessionExtendEvery: 60 * MINUTE,
  /** A token's last use is noted at most this often. */
  tokenTouchEvery: MINUTE,
  signInLink: DAY,
  /** An invited person may be away for some days. */
  invitation: 7 * DAY,
  /** Failed sign-ins are counted in windows of this length, */
  attemptWindow: 15 * MINUTE,
  /** this many for one account, */
  attemptsPerAccount: 10,
  /** and this many from one address, by any way of signing in. */
  attemptsPerAddress: 30,
  /** Accounts and addresses remembered; the oldest are forgotten. */
  attemptKeys: 20_000,
  /** Password checks that may wait or run at once; each takes some 32 MiB while it runs. */
  passwordChecks: 20,
  passwordChecksAtOnce: 2,
  /** A bootstrap token shorter than this is refused. */
  bootstrapTokenLength: 16,
} as const;
