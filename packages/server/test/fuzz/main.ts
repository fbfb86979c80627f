import { messageOf } from "../../src/model/index.ts";
import { FUZZ_TARGETS } from "./targets.ts";

// For scripts/fuzz.mjs: throws inputs at one parser for so many seconds.
const [name = "", seconds = "600"] = process.argv.slice(2);
const make = FUZZ_TARGETS[name];
if (make === undefined || !(Number(seconds) > 0)) {
  const known = Object.keys(FUZZ_TARGETS).join(", ");
  process.stderr.write(`usage: node scripts/fuzz.mjs NAME SECONDS (names: ${known})\n`);
  process.exit(2);
}
try {
  await make().run(Number(seconds) * 1000);
  console.log(`${name}: nothing found in ${seconds} s`);
} catch (error) {
  process.stderr.write(`${name}: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
