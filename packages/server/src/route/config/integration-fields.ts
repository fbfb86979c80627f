import { z } from "zod";
import { flag, optional, secretUrl, text } from "./fields.ts";
import { atMostOne, httpConfig, isSet } from "./http-client.ts";

/* What the settings of integrations have in common. */

export type Refinement = z.core.$RefinementCtx;

/** Adds a fault at a place below the value that is being checked. */
export function complain(context: Refinement, message: string, ...path: PropertyKey[]): void {
  context.addIssue({ code: "custom", message, path });
}

/** Adds a fault when none of the named fields is set. */
export function requireOne(
  value: Readonly<Record<string, unknown>>,
  names: string[],
  context: Refinement,
): void {
  if (!names.some((name) => isSet(value[name])))
    complain(
      context,
      names.length === 1 ? `${names[0]} must be set` : `one of ${names.join(", ")} must be set`,
    );
}

/** Whether the integration is told of resolved alerts, and what it is when nothing is said. */
export const sendResolved = (fallback: boolean) => ({ send_resolved: flag(fallback) });
export const http = { http_config: optional(httpConfig) };

/** The field's own template of its default. */
export const template = (name: string) => text(`{{ template "${name}" . }}`);

/** Where to post to: a secret URL, or a file that holds it. */
export const webhookUrl = { webhook_url: secretUrl, webhook_url_file: text() };

export const checkWebhookUrl = (value: Readonly<Record<string, unknown>>, context: Refinement) => {
  requireOne(value, ["webhook_url", "webhook_url_file"], context);
  atMostOne(value, ["webhook_url", "webhook_url_file"], context);
};
