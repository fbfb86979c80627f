// The whole comparison: `npm run bench -- side-by-side [--json]`. Ends with 1 when a difference is not
// explained, with 2 when no Prometheus is installed.
import { fileURLToPath } from "node:url";
import { expressionsBelow, generatedExpressions } from "./expressions.ts";
import { peerVersion } from "./peer.ts";
import { EXPLANATIONS } from "./releases.ts";
import { sideBySide } from "./run.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const version = peerVersion();
if (version === undefined) {
  process.stderr.write("the peer is not installed: apt-get install prometheus\n");
  process.exit(2);
}
const generated = generatedExpressions();
const collected = ["content", "examples"].flatMap((folder) => expressionsBelow(root + folder));
const expressions = [...new Set([...generated, ...collected])];
const outcomes = await sideBySide(expressions);
const equal = outcomes.filter(({ difference }) => difference === undefined).length;
const empty = outcomes.filter((outcome) => outcome.empty).length;
const unexplained = outcomes.filter(
  ({ difference, explanation }) => difference !== undefined && explanation === undefined,
);
if (process.argv.includes("--json")) {
  for (const outcome of outcomes) process.stdout.write(`${JSON.stringify(outcome)}\n`);
} else {
  for (const { name, reason } of EXPLANATIONS) {
    const of = outcomes.filter(({ explanation }) => explanation === name);
    const few = [...new Set(of.map(({ expression }) => expression))].slice(0, 3);
    process.stdout.write(`${of.length} of class ${name}: ${reason}\n`);
    for (const expression of few) process.stdout.write(`    ${expression}\n`);
  }
  for (const { expression, how, difference } of unexplained) {
    process.stdout.write(
      `DIFFERS ${how} ${expression}\n    ${difference?.kind}: ${difference?.what}\n`,
    );
  }
  process.stdout.write(
    `${expressions.length} expressions (${generated.length} generated, the others of content/ and examples/), at an instant and over a range, beside Prometheus ${version}: ${equal} of ${outcomes.length} answers equal to the last digit (${empty} of all empty), ${unexplained.length} differences unexplained\n`,
  );
}
process.exitCode = unexplained.length === 0 ? 0 : 1;
