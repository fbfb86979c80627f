import type { IntegrationOf } from "../../config/route-config.ts";
import type { HttpRequest } from "../http/sender.ts";
import { groupHash, readJson, truncate } from "../message.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { urlOf } from "../target.ts";

type Settings = IntegrationOf<"jira">["settings"];

/** What Jira takes, in characters. */
const MAX = { summary: 255, description: 32_767 };

/** An issue as the search finds it. */
interface Issue {
  readonly key: string;
  readonly done: boolean;
}

/** A step of the conversation that has not gone well. */
class StepFailed extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** Opens an issue for a group that fires, keeps it up to date, and closes it when all is well. */
export async function sendJira(
  integration: IntegrationOf<"jira">,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const jira = await JiraClient.open(integration, context);
  try {
    const found = await jira.find(payload);
    const firing = payload.status === "firing";
    if (found === undefined) {
      if (firing) await jira.create(payload);
      return { kind: "sent" };
    }
    await jira.update(found, payload);
    const { reopen_transition: reopen, resolve_transition: resolve } = integration.settings;
    if (firing && found.done && reopen !== "") await jira.transition(found, reopen);
    if (!firing && !found.done && resolve !== "") await jira.transition(found, resolve);
    return { kind: "sent" };
  } catch (error) {
    if (error instanceof StepFailed) return error.outcome;
    throw error;
  }
}

class JiraClient {
  readonly #integration: IntegrationOf<"jira">;
  readonly #context: SendContext;
  readonly #base: URL;

  private constructor(integration: IntegrationOf<"jira">, context: SendContext, base: URL) {
    this.#integration = integration;
    this.#context = context;
    this.#base = base;
  }

  static async open(integration: IntegrationOf<"jira">, context: SendContext): Promise<JiraClient> {
    return new JiraClient(integration, context, new URL(await urlOf(integration.target)));
  }

  /** The issue of a group: an open one, or one closed so lately that it is opened again. */
  async find(payload: NotificationPayload): Promise<Issue | undefined> {
    const { settings } = this.#integration;
    const conditions: string[] = [];
    // "!=" alone would leave out the issues that have no resolution yet.
    if (settings.wont_fix_resolution !== "")
      conditions.push(
        `(resolution is EMPTY or resolution != ${quote(settings.wont_fix_resolution)})`,
      );
    const minutes = Math.floor((settings.reopen_duration ?? 0) / 60_000);
    const reopens = payload.status === "firing" && settings.reopen_transition !== "" && minutes > 0;
    conditions.push(
      reopens
        ? `(resolutiondate is EMPTY OR resolutiondate >= -${minutes}m)`
        : "statusCategory != Done",
      `project=${quote(this.#context.renderer.text(settings.project))}`,
      `labels=${quote(labelOf(payload))}`,
    );
    const jql = `${conditions.join(" and ")} order by status ASC,resolutiondate DESC`;
    const answer = await this.#ask("POST", this.#searchUrl(), {
      jql,
      fields: ["status"],
      maxResults: 2,
    });
    const { issues } = (answer ?? {}) as { issues?: unknown };
    const [first] = Array.isArray(issues) ? (issues as unknown[]) : [];
    const { key, fields } = (first ?? {}) as {
      key?: unknown;
      fields?: { status?: { statusCategory?: { key?: unknown } } };
    };
    if (typeof key !== "string") return undefined;
    return { key, done: fields?.status?.statusCategory?.key === "done" };
  }

  async create(payload: NotificationPayload): Promise<void> {
    await this.#ask("POST", this.#url("issue"), { fields: this.#fields(payload, "all") });
  }

  async update(issue: Issue, payload: NotificationPayload): Promise<void> {
    const fields = this.#fields(payload, "changing");
    await this.#ask("PUT", this.#url(`issue/${encodeURIComponent(issue.key)}`), { fields });
  }

  async transition(issue: Issue, name: string): Promise<void> {
    const url = this.#url(`issue/${encodeURIComponent(issue.key)}/transitions`);
    const answer = (await this.#ask("GET", url)) as { transitions?: unknown } | undefined;
    const known = Array.isArray(answer?.transitions) ? (answer.transitions as unknown[]) : [];
    const wanted = known
      .map((one) => (one ?? {}) as { id?: unknown; name?: unknown })
      .find((one) => one.name === name);
    if (wanted === undefined)
      throw new StepFailed(failed(`Jira has no transition "${name}" for the issue ${issue.key}`));
    await this.#ask("POST", url, { transition: { id: wanted.id } });
  }

  #fields(payload: NotificationPayload, which: "all" | "changing") {
    const { settings } = this.#integration;
    const { text, document } = this.#context.renderer;
    const wanted = (field: Settings["summary"]) =>
      which === "all" || typeof field !== "object" || field.enable_update !== false;
    const summary = text(templateOf(settings.summary, "summary"));
    const priority = text(settings.priority);
    const fields = document(settings.fields) as Record<string, unknown>;
    return {
      project: { key: text(settings.project) },
      issuetype: { name: text(settings.issue_type) },
      ...(wanted(settings.summary) ? { summary: truncate(summary, MAX.summary) } : {}),
      ...(wanted(settings.description) ? this.#description() : {}),
      labels: [...settings.labels.map(text), labelOf(payload)].sort(),
      ...(priority === "" ? {} : { priority: { name: priority } }),
      ...fields,
    };
  }

  /** Plain text, or a document where the API's third version wants one. */
  #description(): { description?: unknown } {
    const { settings } = this.#integration;
    const template = templateOf(settings.description, "description");
    const full = truncate(this.#context.renderer.text(template), MAX.description);
    if (!/\/3\/?$/.test(this.#base.pathname)) return full === "" ? {} : { description: full };
    const trimmed = full.trim();
    if (trimmed === "") return {};
    const given = readJson(trimmed);
    return {
      description: typeof given === "object" && given !== null ? given : asDocument(trimmed),
    };
  }

  #searchUrl(): string {
    const { api_type: type } = this.#integration.settings;
    const cloud =
      type === "cloud" || (type === "auto" && this.#base.hostname.endsWith("atlassian.net"));
    if (!cloud) return this.#url("search");
    return this.#url("search/jql").replace("/rest/api/2/", "/rest/api/3/");
  }

  #url(path: string): string {
    return new URL(path, this.#base).href;
  }

  /** One request; its answer as JSON. Throws StepFailed. */
  async #ask(method: NonNullable<HttpRequest["method"]>, url: string, body?: unknown) {
    const exchange = await this.#context.sender.exchange({
      method,
      url,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: { "accept-language": "en" },
      http: this.#integration.http,
      timeout: 0,
      idempotencyKey: this.#context.idempotencyKey,
    });
    if (!exchange.ok) throw new StepFailed(exchange.outcome);
    return readJson(exchange.answer.text);
  }
}

function templateOf(field: Settings["summary"], name: string): string {
  if (field === undefined) return `{{ template "jira.default.${name}" . }}`;
  return typeof field === "string" ? field : field.template;
}

/** The label by which the issue of a group is found again. */
function labelOf(payload: NotificationPayload): string {
  return `ALERT{${groupHash(payload)}}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** Text in Atlassian's document format: a paragraph for each block of lines. */
function asDocument(text: string) {
  const paragraphs = text.split(/\n{2,}/).map((block) => ({
    type: "paragraph",
    content: block
      .split("\n")
      .flatMap((line, index) => [
        ...(index > 0 ? [{ type: "hardBreak" }] : []),
        ...(line === "" ? [] : [{ type: "text", text: line }]),
      ]),
  }));
  return { type: "doc", version: 1, content: paragraphs };
}
