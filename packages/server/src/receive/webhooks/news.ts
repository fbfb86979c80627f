import { z } from "zod";
import { fingerprint, SeaworthyError, withoutEmpty } from "../../model/index.ts";
import type { AlertGroup, Labels } from "../../model/index.ts";

/** What another system tells of: alerts of ours, and perhaps that somebody there has answered. */
export interface OutsideNews {
  readonly group: AlertGroup;
  /** When it happened there, ms since 1970: what is older than what is known changes nothing. */
  readonly at: number;
  /** Who has answered, where the news is that somebody has. */
  readonly acknowledgedBy: string | null;
}

/** A webhook whose body is not what its sender's documentation says. */
export class WebhookError extends SeaworthyError {
  readonly code: "webhook_malformed" | "webhook_signature_invalid" | "webhook_not_configured";
  override readonly status: number;

  constructor(code: WebhookError["code"], message: string) {
    super(message);
    this.name = "WebhookError";
    this.code = code;
    this.status =
      code === "webhook_malformed" ? 400 : code === "webhook_signature_invalid" ? 401 : 404;
  }
}

/** What a body holds by its schema; `sender` is named when it is something else. */
export function read<S extends z.ZodType>(sender: string, schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.join(".") || "the body"}: ${message}`);
  throw new WebhookError(
    "webhook_malformed",
    `This is not a webhook as ${sender} sends it: ${faults.join("; ")}.`,
  );
}

/** A text of somebody else's, cut where it is too long to be of use. */
export const words = (most: number) => z.string().transform((text) => text.slice(0, most));

/** The group of one outside incident: one alert, which is the same alert however its words change. */
export function groupOfOne(given: {
  readonly sender: string;
  /** What the sender calls it, unique among its own. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly severity: string;
  readonly service: string | null;
  readonly url: string;
  readonly startsAt: number;
  readonly endsAt: number | null;
}): AlertGroup {
  const identity: Labels = { alertname: `${given.sender} incident`, outside_id: given.id };
  const labels = withoutEmpty({
    ...identity,
    severity: given.severity,
    service: given.service ?? "",
    source: given.sender.toLowerCase(),
  });
  const status = given.endsAt === null ? "firing" : "resolved";
  return {
    groupKey: `${given.sender.toLowerCase()} ${given.id}`,
    status,
    groupLabels: {},
    commonLabels: labels,
    commonAnnotations: {},
    alerts: [
      {
        labels,
        annotations: withoutEmpty({ summary: given.title, description: given.description }),
        startsAt: given.startsAt,
        endsAt: given.endsAt ?? given.startsAt + 365 * 86_400_000,
        generatorURL: given.url,
        fingerprint: fingerprint(identity),
        status,
      },
    ],
  };
}

/** An address of the sender's, if it is one that a person may follow. */
export function safeUrl(url: string | null | undefined): string {
  if (url === null || url === undefined || url.length > 2000 || !URL.canParse(url)) return "";
  return /^https?:$/.test(new URL(url).protocol) ? url : "";
}
