// Alertmanager's own configuration files: valid ones load, the others are refused with a place and a
// reason; and in files that Debian's amtool understands, labels end at the receivers that it names.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Parts of names that mark a file which must be refused. */
const REFUSED = [/\bbad\b/, /\bnil-/, /\binvalid\b/, /-both-/, /-no-/, /-old-/, /-and-webhook\b/];
/** Names that only look like it: SMTP needs neither a user's name nor a password. */
const VALID_ALL_THE_SAME = [/smtp-no-username-or-password/];
/** `file:line:column: ` before each reason. */
const PLACED = /^\S.*:\d+:\d+: .+$/;
/** Label sets tried on one file. */
const MAX_LABEL_SETS = 60;

export async function run(directory, report) {
  const { loadRouteConfig, matchRoutes } =
    await import("../../packages/server/dist/route/index.js");
  const amtool = spawnSync("amtool", ["--version"]).error === undefined;
  if (!amtool) process.stderr.write("amtool is not installed: routing is not compared with it\n");
  const files = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
  for (const name of files.sort()) {
    const file = join(directory, name);
    const valid =
      VALID_ALL_THE_SAME.some((part) => part.test(name)) ||
      !REFUSED.some((part) => part.test(name));
    let config;
    try {
      config = await loadRouteConfig(file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (valid) report.fail(`${file}:1`, "is valid", `expected: it loads, actual: ${reason}`);
      else if (reason.split("\n").every((line) => PLACED.test(line))) report.pass();
      else report.fail(`${file}:1`, "is refused", `expected: a place, actual: ${reason}`);
      continue;
    }
    if (valid) report.pass();
    else report.fail(`${file}:1`, "is refused", "expected: a reason, actual: it loads");
    if (amtool && spawnSync("amtool", ["check-config", file]).status === 0)
      compareRouting(file, config, matchRoutes, report);
  }
}

function compareRouting(file, config, matchRoutes, report) {
  for (const labels of labelSets(config.root)) {
    const ours = matchRoutes(config.root, labels)
      .map((route) => route.receiver)
      .join(",");
    const given = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const answer = spawnSync(
      "amtool",
      ["config", "routes", "test", `--config.file=${file}`, ...given],
      {
        encoding: "utf8",
      },
    );
    const theirs = answer.stdout.trim();
    if (answer.status === 0 && ours === theirs) report.pass();
    else
      report.fail(
        `${file}:1`,
        `routing of {${given.join(", ")}}`,
        `expected: ${theirs}${answer.stderr}, actual: ${ours}`,
      );
  }
}

/** No labels, and every label of the tree with the values and alternatives that its matchers name. */
function labelSets(root) {
  const values = new Map();
  const visit = (route) => {
    for (const { name, value } of route.matchers) {
      const known = values.get(name) ?? new Set(["volovina"]);
      for (const part of [value, ...value.split(/[\^$|()[\]]+/), ...value])
        if (/^[\w-]+$/.test(part)) known.add(part);
      values.set(name, known);
    }
    route.routes.forEach(visit);
  };
  visit(root);
  const single = [...values].flatMap(([name, all]) => [...all].map((value) => ({ [name]: value })));
  const pairs = single.flatMap((one, index) =>
    single
      .slice(index + 1)
      .filter((other) => Object.keys(other)[0] !== Object.keys(one)[0])
      .map((other) => ({ ...one, ...other })),
  );
  return [{}, ...single, ...pairs].slice(0, MAX_LABEL_SETS);
}
