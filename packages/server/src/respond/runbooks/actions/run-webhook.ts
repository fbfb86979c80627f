import { messageOf } from "../../../model/index.ts";
import { defaultHttpConfig } from "../../../route/index.ts";
import type { HttpSender } from "../../../route/index.ts";
import { reveal } from "../../mail.ts";
import type { ActionWork } from "./action.ts";
import { OutputTail } from "./output-tail.ts";
import type { Outcome } from "./outcome.ts";
import type { PlannedWork } from "./plan.ts";

/** A request to be sent. */
export interface WebhookRun {
  /** Sent as the idempotency key: whoever takes it may see that it is the same run. */
  readonly id: string;
  readonly planned: Extract<PlannedWork, { readonly kind: "webhook" }>;
  readonly work: Extract<ActionWork, { readonly kind: "webhook" }>;
  readonly timeoutMs: number;
  readonly outputBytes: number;
}

/** Sends a request once; a redirect is not followed. Never throws. */
export async function runWebhook(http: HttpSender, run: WebhookRun): Promise<Outcome> {
  const { planned, work, timeoutMs } = run;
  const tail = new OutputTail(run.outputBytes);
  let own: Readonly<Record<string, string>>;
  try {
    own = await credentials(work.secret);
  } catch (error) {
    const reason = `Its secret cannot be read: ${messageOf(error)}`;
    return { state: "failed", exitCode: null, status: null, reason, output: "" };
  }
  const exchange = await http.exchange({
    method: work.method,
    url: planned.url,
    ...(planned.body === null ? {} : { body: planned.body }),
    headers: { ...planned.headers, ...own },
    http: { ...defaultHttpConfig, follow_redirects: false },
    idempotencyKey: run.id,
    timeout: timeoutMs,
  });
  if (exchange.ok) {
    const { status, text } = exchange.answer;
    tail.add(Buffer.from(text));
    return { state: "succeeded", exitCode: null, status, reason: null, output: tail.text() };
  }
  const { outcome, status = null } = exchange;
  return { state: "failed", exitCode: null, status, reason: outcome.error, output: "" };
}

async function credentials(
  secret: WebhookRun["work"]["secret"],
): Promise<Readonly<Record<string, string>>> {
  if (secret === undefined) return {};
  const text = await reveal(secret.value);
  if (!/^[\x20-\x7E]+$/.test(text)) throw new Error("it is empty, or has more than one line");
  return { [secret.header]: secret.isBearer ? `Bearer ${text}` : text };
}
