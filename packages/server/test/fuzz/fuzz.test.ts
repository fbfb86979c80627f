import { expect, it } from "vitest";
import { FUZZ_TARGETS } from "./targets.ts";

// A moment of each; `node scripts/fuzz.mjs NAME SECONDS` goes on longer.
it.each(Object.entries(FUZZ_TARGETS))("%s survives any input", async (_name, make) => {
  await expect(make().run(1200)).resolves.toBeUndefined();
});
