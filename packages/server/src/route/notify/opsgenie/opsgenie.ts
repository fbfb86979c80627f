import type { IntegrationOf } from "../../config/route-config.ts";
import type { HttpRequest } from "../http/sender.ts";
import { secretOf } from "../http/secrets.ts";
import { groupHash, optional, splitList, truncate } from "../message.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

/** Of a message, in characters. */
const MAX_MESSAGE = 130;

/** Opens an alert under the group's hash as its alias, changes it, or closes it. */
export async function sendOpsgenie(
  integration: IntegrationOf<"opsgenie">,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const { settings, http, target } = integration;
  const key = context.renderer.text(await secretOf(settings.api_key, settings.api_key_file));
  const base = await urlOf(target);
  const common = {
    http,
    timeout: 0,
    idempotencyKey: context.idempotencyKey,
    headers: { authorization: `GenieKey ${key}` },
  };
  for (const { path, ...request } of requestsFor(settings, payload, context)) {
    const url = new URL(path, base).href;
    const outcome = await context.sender.post({ ...common, ...request, url });
    if (outcome.kind !== "sent") return outcome;
  }
  return { kind: "sent" };
}

interface Step extends Pick<HttpRequest, "method" | "body"> {
  readonly path: string;
}

function requestsFor(
  settings: IntegrationOf<"opsgenie">["settings"],
  payload: NotificationPayload,
  { renderer: { text } }: SendContext,
): Step[] {
  const alias = groupHash(payload);
  const ofAlert = (part: string) => `v2/alerts/${alias}/${part}?identifierType=alias`;
  if (payload.status === "resolved")
    return [{ path: ofAlert("close"), body: JSON.stringify({ source: text(settings.source) }) }];
  const message = truncate(text(settings.message), MAX_MESSAGE);
  const description = optional(text(settings.description));
  const list = (template: string) => {
    const items = splitList(text(template));
    return items.length === 0 ? undefined : items;
  };
  const responders = respondersOf(settings.responders, text);
  const details = Object.fromEntries(
    Object.entries(settings.details).map(([name, value]) => [name, text(value)]),
  );
  const created = {
    alias,
    message,
    description,
    details: { ...payload.commonLabels, ...details },
    source: text(settings.source),
    responders: responders.length === 0 ? undefined : responders,
    tags: list(settings.tags),
    note: optional(text(settings.note)),
    priority: optional(text(settings.priority)),
    entity: optional(text(settings.entity)),
    actions: list(settings.actions),
  };
  const create: Step = { path: "v2/alerts", body: JSON.stringify(created) };
  if (!settings.update_alerts) return [create];
  return [
    create,
    { method: "PUT", path: ofAlert("message"), body: JSON.stringify({ message }) },
    { method: "PUT", path: ofAlert("description"), body: JSON.stringify({ description }) },
  ];
}

/** A responder as Opsgenie takes it; what is undefined is left out of the JSON. */
interface OpsgenieResponder {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly username?: string | undefined;
  readonly type: string;
}

/** A responder of type `teams` stands for the teams that its name lists; one that says nothing is left out. */
function respondersOf(
  responders: IntegrationOf<"opsgenie">["settings"]["responders"],
  text: (template: string) => string,
) {
  return responders.flatMap((responder): OpsgenieResponder[] => {
    const [id, name, username] = [responder.id, responder.name, responder.username].map(text);
    const type = text(responder.type).toLowerCase();
    if (!id && !name && !username && !type) return [];
    if (type === "teams")
      return splitList(name ?? "").map((team) => ({ name: team.trim(), type: "team" }));
    return [
      { id: id || undefined, name: name || undefined, username: username || undefined, type },
    ];
  });
}
