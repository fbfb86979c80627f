/**
 * Trace and span ids at the price of two look-ups: a block of 256 ids shares its random digits, and
 * the two that differ stand where samplers look first (the start of a trace id's last 56 bits), in
 * an order without pattern, so that what is sampled by id is an even share of any block. A larger table
 * would leave the processor's nearest cache between two requests.
 */
const blockSize = 256;
const digits = Array.from({ length: blockSize }, (_, index) => index.toString(16).padStart(2, "0"));
/** Odd, so that multiples visit each number below the block's size once. */
const stride = 101;

/** Gives ids of `before + 2 + after` hexadecimal digits. */
function generator(before: number, after: number): () => string {
  let used = blockSize;
  let at = 0;
  let head = "";
  let tail = "";
  return () => {
    if (used >= blockSize) {
      // The web's generator, which runtimes without Node have too.
      const bytes = crypto.getRandomValues(new Uint8Array(18));
      const random = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      // An id of zeros only would be invalid.
      head = `${random.slice(0, before - 1)}1`;
      tail = random.slice(before, before + after);
      at = Number.parseInt(random.slice(34), 16);
      used = 0;
    }
    used += 1;
    at = (at + stride) % blockSize;
    return head + (digits[at] ?? "00") + tail;
  };
}

/** A new trace id: 32 hexadecimal digits. */
export const newTraceId = generator(18, 12);
/** A new span id: 16 hexadecimal digits. */
export const newSpanId = generator(10, 4);
