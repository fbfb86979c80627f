import { createHash } from "node:crypto";
import { insertNotifications, markEscalated } from "../../store/index.ts";
import type { Claim, Tx, WaitingNotification } from "../../store/index.ts";
import type { RouteConfig } from "../config/route-config.ts";
import { firingOf } from "./payload.ts";
import type { NotificationPayload } from "./payload.ts";

/** Who is told when a receiver cannot be, and after how long. */
export interface FallbackPolicy {
  /** The name of a receiver of alertmanager.yml. */
  readonly receiver: string;
  /** Milliseconds from the decision to notify. A notification that is given up is passed on at once. */
  readonly after: number;
}

/**
 * Writes into the outbox that the fallback receiver is told in the stead of one that cannot be, once
 * for each notification, in the transaction that records the failure. Answers what is to be sent now.
 */
export async function escalate(
  tx: Tx,
  failing: {
    readonly notification: WaitingNotification;
    readonly payload: NotificationPayload;
    readonly error: string;
    readonly at: number;
  },
  house: {
    readonly policy: FallbackPolicy | undefined;
    readonly config: RouteConfig;
    readonly claim: Claim;
  },
): Promise<readonly WaitingNotification[]> {
  const { policy, config, claim } = house;
  const { notification, payload, error, at } = failing;
  // Whoever is the last resort has nobody behind it.
  if (policy === undefined || notification.receiver === policy.receiver) return [];
  const integrations = config.receivers.get(policy.receiver)?.integrations ?? [];
  if (integrations.length === 0 || !(await markEscalated(tx, notification.id, at))) return [];
  const note = `${notification.receiver} could not be told by ${notification.integration}: ${error}`;
  const passedOn = passOn(payload, policy.receiver, note);
  const groupId = createHash("sha256")
    .update(notification.groupId)
    .update(`fallback\0${policy.receiver}\0${notification.integration}\0${notification.index}`)
    .digest();
  return insertNotifications(
    tx,
    integrations
      .filter(({ sendResolved }) => payload.status === "firing" || sendResolved)
      .map(({ name, index }) => ({
        groupId,
        receiver: policy.receiver,
        integration: name,
        index,
        status: payload.status,
        payload: JSON.stringify(passedOn),
        groupLabels: payload.groupLabels,
        alerts: payload.alerts.length,
        firing: firingOf(payload.alerts),
        decidedAt: at,
        logBefore: undefined,
        idempotencyKey: (sequence) =>
          createHash("sha256")
            .update(
              [notification.idempotencyKey, policy.receiver, name, index, sequence].join("\0"),
            )
            .digest("hex"),
        claim,
      })),
  );
}

/** The same group for another receiver, with a word on why that one hears of it. */
function passOn(payload: NotificationPayload, receiver: string, note: string): NotificationPayload {
  const noted = { undelivered: note };
  return {
    ...payload,
    receiver,
    commonAnnotations: { ...payload.commonAnnotations, ...noted },
    alerts: payload.alerts.map((alert) => ({
      ...alert,
      annotations: { ...alert.annotations, ...noted },
    })),
  };
}
