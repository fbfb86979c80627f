import { randomUUID } from "node:crypto";
import { ask, fails, jsonOf, member, skipped, textOf, works, type Finding } from "./trial.ts";

/** Tries the running service: its health, its metrics, and whether a request is counted. */
export async function tryService(base: URL): Promise<Finding[]> {
  const live = await ask(new URL("/health/live", base));
  const names = ["the service is ready", "metrics", "requests are counted"] as const;
  if (typeof live === "string")
    return [
      fails("the service answers", `${base.origin}: ${live}`, "start it, or use --app URL"),
      ...names.map((name) => skipped(name, "the service does not answer")),
    ];
  if (live.status !== 200)
    return [
      fails(
        "the service answers",
        `/health/live: ${live.status}`,
        "use the kit before the routes, or --app URL",
      ),
      ...names.map((name) => skipped(name, "the kit does not answer")),
    ];
  const found = works("the service answers", `${base.origin}/health/live`);
  return [found, await tryReady(base), ...(await tryMetrics(base))];
}

async function tryReady(base: URL): Promise<Finding> {
  const name = "the service is ready";
  const ready = await ask(new URL("/health/ready", base));
  if (typeof ready === "string") return fails(name, ready, "look at the service's log");
  const status = textOf(member(jsonOf(ready), "status")) || `answered ${ready.status}`;
  if (ready.status === 200) return works(name, status);
  const detailed = await ask(new URL("/health/detailed", base));
  const checks = typeof detailed === "string" ? undefined : member(jsonOf(detailed), "checks");
  const failing = Object.entries(typeof checks === "object" && checks !== null ? checks : {})
    .filter(([, check]) => member(check, "status") === "unhealthy")
    .map(([check, result]) => `${check}: ${textOf(member(result, "message"))}`);
  const detail = failing.length === 0 ? status : failing.join("; ");
  return fails(name, detail, "see /health/detailed");
}

async function tryMetrics(base: URL): Promise<Finding[]> {
  const [metrics, counted] = ["metrics", "requests are counted"];
  const before = await ask(new URL("/metrics", base));
  if (typeof before === "string" || before.status !== 200) {
    const detail = typeof before === "string" ? before : `/metrics: ${before.status}`;
    const token = typeof before !== "string" && before.status === 401;
    const remedy = token
      ? "the endpoint wants a token: give it to the scraper as authorization.credentials_file"
      : "use the kit before the routes";
    return [fails(metrics, detail, remedy), skipped(counted, "there are no metrics")];
  }
  const series = before.text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const seen = works(metrics, `${series.length} series`);
  await ask(new URL(`/seaworthy-doctor-${randomUUID()}`, base));
  const after = await ask(new URL("/metrics", base));
  const rise = typeof after === "string" ? 0 : requests(after.text) - requests(before.text);
  return [
    seen,
    rise > 0
      ? works(counted, "http_requests_total rose with a request")
      : fails(counted, "http_requests_total did not rise", "use the kit before everything else"),
  ];
}

/** The sum of `http_requests_total` over all labels. */
export function requests(exposition: string): number {
  let sum = 0;
  for (const line of exposition.split("\n"))
    if (/^http_requests_total[ {]/.test(line)) sum += Number(line.slice(line.lastIndexOf(" ") + 1));
  return Number.isFinite(sum) ? sum : 0;
}
