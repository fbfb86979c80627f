import { json, type Answer, type Endpoint } from "../http/answer.ts";
import type { Activity } from "../http/activity.ts";
import { gated } from "../http/gate.ts";
import type { Settings } from "../options.ts";
import type { Health } from "./health.ts";

/** The health endpoints: by their paths, and the one for components by the prefix of its path. */
export interface HealthEndpoints {
  readonly byPath: ReadonlyMap<string, Endpoint>;
  /** Paths outside of the endpoints' own, which a route of the application takes precedence over. */
  readonly aliases: readonly string[];
  readonly componentPrefix: string;
  readonly component: (name: string) => Endpoint;
}

const maxNameLength = 200;

/** Makes the endpoints below `path`; see docs/sdk.md for their bodies. */
export function healthEndpoints(
  path: string,
  settings: Settings,
  health: Health,
  activity: Activity,
): HealthEndpoints {
  const about = () => ({
    timestamp: new Date().toISOString(),
    version: settings.version,
    uptime: Math.round(process.uptime() * 1000) / 1000,
  });
  const behindGate = (endpoint: Endpoint) =>
    gated(settings.detailsGate, settings.trustedProxies, endpoint);
  const summary: Endpoint = async () => {
    const { status } = await health.report();
    return answer(status !== "unhealthy", { status, ...about() });
  };
  // Alive says only that the process answers: a failing database is no reason to restart it.
  const live: Endpoint = async () => answer(true, { status: "healthy", ...about() });
  const ready: Endpoint = async (request) =>
    health.draining
      ? answer(false, { status: "unhealthy", ...about(), message: "shutting down" })
      : summary(request);
  const detailed: Endpoint = async () => {
    const { status, checks } = await health.report();
    const metrics = {
      memoryUsage: process.memoryUsage(),
      activeConnections: activity.connections,
      requestRate: activity.requestRate(),
    };
    return answer(status !== "unhealthy", { status, ...about(), checks, metrics });
  };
  const component = (name: string) =>
    behindGate(async () => {
      const report = name.length > maxNameLength ? undefined : await health.component(name);
      return report === undefined
        ? notFound
        : answer(report.status !== "unhealthy", { name, ...report, timestamp: about().timestamp });
    });
  const below = path === "/" ? "" : path;
  const byPath = new Map<string, Endpoint>([
    [path, summary],
    [`${below}/live`, live],
    [`${below}/ready`, ready],
    [`${below}/detailed`, behindGate(detailed)],
  ]);
  const aliases: string[] = [];
  if (settings.healthAliases)
    for (const [alias, endpoint] of [
      ["/live", live],
      ["/ready", ready],
    ] as const)
      if (!byPath.has(alias)) {
        byPath.set(alias, endpoint);
        aliases.push(alias);
      }
  return { byPath, aliases, componentPrefix: `${below}/components/`, component };
}

const notFound: Answer = {
  status: 404,
  headers: json,
  body: JSON.stringify({ message: "there is no health check of this name" }),
};

function answer(ok: boolean, body: object): Answer {
  return { status: ok ? 200 : 503, headers: json, body: JSON.stringify(body) };
}
