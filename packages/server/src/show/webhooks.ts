import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { SeaworthyError } from "../model/index.ts";
import type { Clock } from "../model/index.ts";
import {
  gitHubChange,
  grafanaNews,
  isSigned,
  opsgenieNews,
  pagerDutyNews,
  WebhookError,
} from "../receive/index.ts";
import type { OutsideNews } from "../receive/index.ts";
import type { Changes, Incidents } from "../respond/index.ts";
import { HTTP_LIMITS } from "./limits.ts";

/** The secrets by which senders sign; each may have several while one is replaced by another. */
export interface WebhookSecrets {
  pagerDuty(): Promise<readonly string[]>;
  gitHub(): Promise<readonly string[]>;
}

/** The ways in for incidents and changes of other systems. */
export function webhookRoutes(deps: {
  readonly incidents: Incidents;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly secrets: WebhookSecrets;
}): FastifyPluginAsync {
  const { incidents, changes, clock } = deps;

  async function take(news: OutsideNews | undefined) {
    if (news === undefined) return { incidents: [] };
    const ids = await incidents.takeGroup(news.group, Math.min(news.at, clock.now()));
    if (news.acknowledgedBy !== null) {
      for (const id of new Set(ids)) {
        try {
          await incidents.acknowledge(news.acknowledgedBy, id);
        } catch (error) {
          // It ended here in the meantime: there is nothing left to answer.
          if (!(error instanceof SeaworthyError) || error.code !== "incident_resolved") throw error;
        }
      }
    }
    return { incidents: [...new Set(ids)] };
  }

  /** The body of a request that one of the secrets signed. */
  function signed(
    request: FastifyRequest<{ Body: unknown }>,
    header: string,
    prefix: string,
    secrets: readonly string[],
    setting: string,
  ): unknown {
    if (secrets.length === 0)
      throw new WebhookError(
        "webhook_not_configured",
        `This way in is shut: set ${setting} in seaworthy.yml to the secret that the sender signs with.`,
      );
    const given = request.headers[header];
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!isSigned(body, typeof given === "string" ? given : undefined, prefix, secrets))
      throw new WebhookError(
        "webhook_signature_invalid",
        `The signature in ${header} is not that of this body by ${setting}.`,
      );
    return json(body);
  }

  return async (app) => {
    // A signature is of bytes: they are read as they are.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_, body, done) =>
      done(null, body),
    );
    const bodyLimit = HTTP_LIMITS.webhookBody;
    const open = { config: { access: "public" }, bodyLimit } as const;
    const keyed = { config: { access: "ingest" }, bodyLimit } as const;

    app.post("/api/webhooks/pagerduty", open, async (request) => {
      const secrets = await deps.secrets.pagerDuty();
      const setting = "webhooks.pagerduty";
      return take(pagerDutyNews(signed(request, "x-pagerduty-signature", "v1=", secrets, setting)));
    });
    app.post("/api/webhooks/github", open, async (request) => {
      const secrets = await deps.secrets.gitHub();
      const body = signed(request, "x-hub-signature-256", "sha256=", secrets, "webhooks.github");
      const told = gitHubChange(String(request.headers["x-github-event"] ?? ""), body);
      if (told === undefined) return { change: null };
      return { change: (await changes.record(told.actor, told.draft)).id };
    });
    app.post("/api/webhooks/opsgenie", keyed, async ({ body }) =>
      take(opsgenieNews(json(body), clock.now())),
    );
    app.post<{ Querystring: { severity?: string } }>(
      "/api/webhooks/grafana",
      keyed,
      async ({ body, query }) =>
        take(grafanaNews(json(body), severityOf(query.severity), clock.now())),
    );
  };
}

/** How bad alerts are that do not say it; a query may name it more than once. */
const severityOf = (given: unknown) => (typeof given === "string" ? given.slice(0, 50) : "error");

function json(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString("utf8") : "") as unknown;
  } catch {
    throw new WebhookError("webhook_malformed", "The body is not JSON.");
  }
}
