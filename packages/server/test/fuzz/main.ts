import { messageOf } from "../../src/model/index.ts";
import { FUZZ_TARGETS } from "./targets.ts";

// For scripts/fuzz.mjs: throws inputs at one parser for so many seconds, or at all, one after the other;
// `all 30 1/2` takes the first, third, fifth parser and so on, for a second process that takes the others.
const [wanted = "", seconds = "600", part = "1/1"] = process.argv.slice(2);
const [first = NaN, parts = NaN] = part.split("/").map(Number);
const targets = Object.entries(FUZZ_TARGETS)
  .filter(([name]) => wanted === "all" || wanted === name)
  .filter((_target, place) => place % parts === first - 1);
if (targets.length === 0 || !(Number(seconds) > 0)) {
  const known = Object.keys(FUZZ_TARGETS).join(", ");
  process.stderr.write(`usage: node scripts/fuzz.mjs NAME SECONDS [PART] (names: ${known}, all)\n`);
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
