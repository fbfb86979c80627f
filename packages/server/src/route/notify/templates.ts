import { alertmanagerFunctions, notificationData, TemplateSet } from "@seaworthy/template";
import { parse } from "yaml";
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
  /** A document with every text in it, keys included, expanded. */
  readonly document: (value: unknown) => unknown;
}

/** The templates of a configuration: the defaults, and what its files define. */
export class Templates {
  readonly #set: TemplateSet;

  /** Throws TemplateError, naming the file, when one does not parse. */
  constructor(files: readonly TemplateFile[], now: () => number) {
    this.#set = new TemplateSet({
      functions: alertmanagerFunctions({ now }),
      missingKey: "zero",
    }).parse("default", DEFAULT_TEMPLATES);
    for (const { path, text } of files) this.#set.parse(path, text);
  }

  /** Throws TemplateError when a field's text does not parse. */
  check(text: string): void {
    this.#set.compile("", text);
  }

  renderer(payload: NotificationPayload, externalURL: string): Renderer {
    const data = notificationData({
      receiver: quoteMeta(payload.receiver),
      status: payload.status,
      alerts: payload.alerts.map((alert) => ({
        ...alert,
        endsAt: alert.status === "firing" ? NO_TIME : alert.endsAt,
      })),
      groupLabels: payload.groupLabels,
      commonLabels: payload.commonLabels,
      commonAnnotations: payload.commonAnnotations,
      externalURL,
    });
    const text = (template: string) => this.#set.expand(template, data);
    return { text, document: (value) => expandDocument(value, text, 0) };
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
