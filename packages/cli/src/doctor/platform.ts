import {
  ask,
  fails,
  jsonOf,
  listOf,
  member,
  skipped,
  textOf,
  works,
  type Finding,
} from "./trial.ts";

const later = ["the token", "the service is scraped", "rules are evaluated", "somebody is told"];

/** Tries the platform: whether it answers, takes the token, scrapes the service and tells somebody. */
export async function tryPlatform(
  base: URL,
  token: string | undefined,
  target: string | undefined,
): Promise<Finding[]> {
  const health = await ask(new URL("/health", base));
  if (typeof health === "string" || health.status !== 200) {
    const detail = typeof health === "string" ? health : `/health: ${health.status}`;
    return [
      fails(
        "the platform answers",
        `${base.origin}: ${detail}`,
        "npx seaworthy up, or use --url URL",
      ),
      ...later.map((name) => skipped(name, "the platform does not answer")),
    ];
  }
  const found = works("the platform answers", base.origin);
  if (token === undefined || token === "")
    return [found, ...later.map((name) => skipped(name, "set SEAWORTHY_TOKEN to try it"))];
  const targets = await ask(new URL("/api/v1/targets?state=active", base), token);
  if (typeof targets === "string" || targets.status !== 200) {
    const detail = typeof targets === "string" ? targets : `answered ${targets.status}`;
    return [
      found,
      fails("the token", detail, "SEAWORTHY_TOKEN must be the platform's, or an API token"),
      ...later.slice(1).map((name) => skipped(name, "the token is not taken")),
    ];
  }
  return [
    found,
    works("the token", "taken"),
    scraped(jsonOf(targets), target),
    await evaluated(base, token),
    await told(base, token),
  ];
}

function scraped(targets: unknown, target: string | undefined): Finding {
  const name = "the service is scraped";
  if (target === undefined) return skipped(name, "seaworthy/prometheus.yml names no service");
  const active = listOf(member(targets, "data", "activeTargets"));
  const found = active.find((each) => member(each, "labels", "instance") === target);
  if (found === undefined)
    return fails(
      name,
      `${target} is not a target`,
      "start the platform with seaworthy/seaworthy.yml",
    );
  const health = textOf(member(found, "health"));
  if (health === "up") return works(name, target);
  if (health === "unknown") return skipped(name, `${target} was not scraped yet`);
  return fails(name, `${target}: ${textOf(member(found, "lastError"))}`, "see the targets page");
}

async function evaluated(base: URL, token: string): Promise<Finding> {
  const name = "rules are evaluated";
  const answer = await ask(new URL("/api/v1/rules", base), token);
  if (typeof answer === "string") return fails(name, answer, "look at the platform's log");
  const rules = listOf(member(jsonOf(answer), "data", "groups")).flatMap((group) =>
    listOf(member(group, "rules")),
  );
  const bad = rules.find((rule) => member(rule, "health") === "err");
  if (bad !== undefined)
    return fails(
      name,
      `${textOf(member(bad, "name"))}: ${textOf(member(bad, "lastError"))}`,
      "correct the rule",
    );
  return rules.length === 0
    ? fails(name, "there are none", "name rule_files in prometheus.yml")
    : works(name, `${rules.length} rules`);
}

async function told(base: URL, token: string): Promise<Finding> {
  const name = "somebody is told";
  const answer = await ask(new URL("/api/v2/status", base), token);
  if (typeof answer === "string") return fails(name, answer, "look at the platform's log");
  const original = member(jsonOf(answer), "config", "original");
  if (typeof original !== "string") return skipped(name, "the routes cannot be seen");
  // A receiver's integrations are its lists, such as slack_configs.
  const integrations = original
    .split("\n")
    .filter((line) => /^[a-z]{2,30}_configs:/.test(line.trim().replace(/^- /, "")));
  return integrations.length > 0
    ? works(name, `${integrations.length} integrations in alertmanager.yml`)
    : fails(name, "no receiver has an integration", "give one in seaworthy/alertmanager.yml");
}
