import type { Notification, Receiver, ReceiverIntegration, Watchdog } from "@seaworthy/contract";

/** How an integration does: by its last delivery, tests included. */
export function stateOf({
  succeededAt,
  failedAt,
  error,
}: ReceiverIntegration): "up" | "failed" | "unknown" {
  if (error !== null) return "failed";
  return succeededAt === null && failedAt === null ? "unknown" : "up";
}

/** Those that fail first; else as the file has them. */
export function byUrgency(receivers: readonly Receiver[]): Receiver[] {
  const works = ({ integrations }: Receiver) =>
    integrations.every((integration) => stateOf(integration) !== "failed");
  return [...receivers].sort((a, b) => Number(works(a)) - Number(works(b)));
}

/** What waits to be delivered by an integration: how many notifications, and the most attempts at one. */
export function queueOf(
  notifications: readonly Notification[],
  receiver: string,
  integration: string,
): { readonly waiting: number; readonly attempts: number } {
  const waiting = notifications.filter(
    (each) =>
      each.state === "waiting" && each.receiver === receiver && each.integration === integration,
  );
  return {
    waiting: waiting.length,
    attempts: Math.max(0, ...waiting.map(({ attempts }) => attempts)),
  };
}

/** Beyond this, in milliseconds, the chain is not proven any more. */
const provenFor = 10 * 60_000;

/** What the dead man's switch says: how far the chain is proven, and when it last was. */
export function proofOf(
  { seenAt, heartbeat }: Watchdog,
  now: number,
): {
  readonly verdict: "proven" | "half" | "stale" | "failed" | "never";
  readonly at: string | null;
} {
  const isFresh = (at: string | null) => at !== null && now - Date.parse(at) < provenFor;
  if (!isFresh(seenAt)) return { verdict: seenAt === null ? "never" : "stale", at: seenAt };
  if (!heartbeat.configured) return { verdict: "half", at: seenAt };
  if (heartbeat.error !== null) return { verdict: "failed", at: heartbeat.sentAt };
  return { verdict: isFresh(heartbeat.sentAt) ? "proven" : "stale", at: heartbeat.sentAt };
}
