import { SeaworthyError } from "../model/index.ts";

/** More bytes are being received at once than the process is allowed to hold. */
class AdmissionError extends SeaworthyError {
  readonly code = "too_much_in_flight";
  override readonly status = 503;
  override readonly name = "AdmissionError";
}

/** A share of the bytes that may be held at once. Give it back with `release`, once, whatever happened. */
interface Share {
  /** Asks for `bytes` more. Throws AdmissionError when they are not to be had. */
  grow(bytes: number): void;
  release(): void;
}

/** The bytes of bodies that are held in memory before they are understood. */
export interface Admission {
  enter(): Share;
  readonly held: number;
}

/**
 * Bounds the memory that outside senders and targets can take together: each may be within its own
 * limit and all of them still be too much. `maxBytes` is the sum over all shares.
 */
export function createAdmission(maxBytes: number): Admission {
  let held = 0;
  return {
    get held() {
      return held;
    },
    enter() {
      let mine = 0;
      return {
        grow(bytes) {
          if (held + bytes > maxBytes) {
            throw new AdmissionError(
              `bodies being received at once would exceed ${maxBytes} bytes; receive less at a time or raise the limit`,
            );
          }
          held += bytes;
          mine += bytes;
        },
        release() {
          held -= mine;
          mine = 0;
        },
      };
    },
  };
}
