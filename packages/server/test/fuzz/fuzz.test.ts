import { expect, it } from "vitest";
import { FUZZ_TARGETS } from "./targets.ts";

// A moment of each, so that a broken target is seen here; `npm test` and `node scripts/fuzz.mjs NAME SECONDS` go on longer.
it.each(Object.entries(FUZZ_TARGETS))("%s survives any input", async (_name, make) => {
  await expect(make().run(150)).resolves.toBeUndefined();
});
