import { alertmanagerFunctions, notificationData, TemplateSet } from "@seaworthy/template";
import type { Value } from "@seaworthy/template";
import { parse } from "yaml";
import type { Labels } from "../../model/index.ts";
import type { TemplateFile } from "../config/route-config.ts";
import { DEFAULT_TEMPLATES } from "./default-templates.ts";
import type { NotificationPayload } from "./payload.ts";

/** Nobody nests a webhook's payload deeper. */
const MAX_DEPTH = 100;
/** Go's zero time: the end of an alert that has none. */
const NO_TIME = -62_135_596_800_000;

/** Expands the templates of one notification's fields. Throws TemplateError where that fails. */
export interface Renderer {
  readonly text: (template: string) => string;
  /** The same for a template that makes HTML: what it prints is escaped for its place. */
  readonly html: (template: string) => string;
  /** A document with every text in it, keys included, expanded. */
  readonly document: (value: unknown) => unknown;
  /** The labels of the route, expanded. */
  readonly routeLabels: Labels;
}

/** The templates of a configuration: the defaults, and what its files define. */
export class Templates {
  readonly #set: TemplateSet;
  /** Answers the labels of the route that is being expanded for. */
  #routeLabel: (name: string) => string = () => "";

  /** Throws TemplateError, naming the file, when one does not parse. */
  constructor(files: readonly TemplateFile[], now: () => number) {
    this.#set = new TemplateSet({
      functions: alertmanagerFunctions({ now, routeLabel: (name) => this.#routeLabel(name) }),
      missingKey: "zero",
    }).parse("default", DEFAULT_TEMPLATES);
    for (const { path, text } of files) this.#set.parse(path, text);
  }

  /** Throws TemplateError when a field's text does not parse. */
  check(text: string): void {
    this.#set.compile("", text);
  }

  renderer(payload: NotificationPayload, externalURL: string): Renderer {
    const described = {
      receiver: quoteMeta(payload.receiver),
      status: payload.status,
      reason: payload.reason,
      alerts: payload.alerts.map((alert) => ({
        ...alert,
        endsAt: alert.status === "firing" ? NO_TIME : alert.endsAt,
      })),
      groupLabels: payload.groupLabels,
      commonLabels: payload.commonLabels,
      commonAnnotations: payload.commonAnnotations,
      externalURL,
    };
    const labels = new RouteLabels(payload.routeLabels, (template) =>
      this.#expand("text", template, notificationData(described), (name) => labels.get(name)),
    );
    const routeLabels = labels.all();
    // Many notifications need nothing expanded at all.
    let data: Value | undefined;
    const expand = (kind: "text" | "html") => (template: string) => {
      if (!template.includes("{{")) return template;
      data ??= notificationData({ ...described, routeLabels });
      return this.#expand(kind, template, data, (name) => routeLabels[name] ?? "");
    };
    const text = expand("text");
    return {
      text,
      html: expand("html"),
      document: (value) => expandDocument(value, text, 0),
      routeLabels,
    };
  }

  #expand(
    kind: "text" | "html",
    template: string,
    data: Value,
    routeLabel: (name: string) => string,
  ): string {
    const outer = this.#routeLabel;
    this.#routeLabel = routeLabel;
    try {
      return kind === "text"
        ? this.#set.expand(template, data)
        : this.#set.expandHtml(template, data);
    } finally {
      this.#routeLabel = outer;
    }
  }
}

/** Labels of a route: templates that may refer to one another. */
class RouteLabels {
  readonly #raw: Labels;
  readonly #expand: (template: string) => string;
  readonly #known = new Map<string, string>();
  readonly #open: string[] = [];

  constructor(raw: Labels, expand: (template: string) => string) {
    this.#raw = raw;
    this.#expand = expand;
  }

  all(): Labels {
    return Object.fromEntries(Object.keys(this.#raw).map((name) => [name, this.get(name)]));
  }

  /** A label's expanded value. Throws when it needs itself. */
  get(name: string): string {
    const raw = this.#raw[name];
    if (raw === undefined || !Object.hasOwn(this.#raw, name)) return "";
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#open.includes(name))
      throw new Error(`route labels refer to each other: ${[...this.#open, name].join(" -> ")}`);
    this.#open.push(name);
    const value = raw.includes("{{") ? this.#expand(raw) : raw;
    this.#open.pop();
    this.#known.set(name, value);
    return value;
  }
}

function expandDocument(
  value: unknown,
  text: (template: string) => string,
  depth: number,
): unknown {
  if (depth > MAX_DEPTH) throw new Error(`the payload is nested more than ${MAX_DEPTH} deep`);
  if (typeof value === "string") return typed(text(value));
  if (Array.isArray(value)) return value.map((part) => expandDocument(part, text, depth + 1));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [text(key), expandDocument(part, text, depth + 1)]),
  );
}

/** An expanded text as the number, boolean or structure that it writes in YAML, if it does. */
function typed(expanded: string): unknown {
  try {
    const value: unknown = parse(expanded, { maxAliasCount: 100, logLevel: "silent" });
    return typeof value === "string" || value === null ? expanded : value;
  } catch {
    return expanded;
  }
}

/** Go's regexp.QuoteMeta, which Alertmanager applies to a receiver's name in what it sends. */
export function quoteMeta(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}
