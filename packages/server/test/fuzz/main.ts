import { messageOf } from "../../src/model/index.ts";
import { FUZZ_TARGETS } from "./targets.ts";

// For scripts/fuzz.mjs: throws inputs at one parser for so many seconds, or at all, one after the other.
const [wanted = "", seconds = "600"] = process.argv.slice(2);
const targets = Object.entries(FUZZ_TARGETS).filter(
  ([name]) => wanted === "all" || wanted === name,
);
if (targets.length === 0 || !(Number(seconds) > 0)) {
  const known = Object.keys(FUZZ_TARGETS).join(", ");
  process.stderr.write(`usage: node scripts/fuzz.mjs NAME SECONDS (names: ${known}, all)\n`);
  process.exit(2);
}
for (const [name, make] of targets) {
  try {
    await make().run(Number(seconds) * 1000);
    console.log(`${name}: nothing found in ${seconds} s`);
  } catch (error) {
    process.stderr.write(`${name}: found ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
