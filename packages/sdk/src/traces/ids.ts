/**
 * Trace and span ids at the price of two look-ups: a block of 4096 ids shares its random digits, and
 * the three that differ stand where samplers look first (the start of a trace id's last 56 bits), in
 * an order without pattern, so that what is sampled by id is an even share of any block.
 */
const blockSize = 4_096;
const digits = Array.from({ length: blockSize }, (_, index) => index.toString(16).padStart(3, "0"));
/** Odd, so that multiples visit each number below the block's size once. */
const stride = 1_667;

/** Gives ids of `before + 3 + after` hexadecimal digits. */
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
      at = Number.parseInt(random.slice(32), 16) % blockSize;
      used = 0;
    }
    used += 1;
    at = (at + stride) % blockSize;
    return head + (digits[at] ?? "000") + tail;
  };
}

/** A new trace id: 32 hexadecimal digits. */
export const newTraceId = generator(18, 11);
/** A new span id: 16 hexadecimal digits. */
export const newSpanId = generator(10, 3);
