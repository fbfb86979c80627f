import { randomUUID } from "node:crypto";
import type { Clock } from "../model/index.ts";
import { listReceiverHealth, putReceiverHealth, writeAudit } from "../store/index.ts";
import type { ReceiverHealth, Records } from "../store/index.ts";
import type { Receiver, RouteConfig } from "./config/route-config.ts";
import { describeGroup } from "./notify/payload.ts";
import type { NotificationPayload } from "./notify/payload.ts";
import { sendBy } from "./notify/send.ts";
import type { SendingHouse } from "./notify/send.ts";

/** A receiver, and how deliveries to it went last. */
export interface ReceiverView {
  readonly name: string;
  readonly integrations: readonly IntegrationView[];
}

export type IntegrationView = Omit<ReceiverHealth, "receiver">;

/** What became of a test page. */
export interface TestResult {
  readonly integration: string;
  readonly index: number;
  /** Why it did not arrive; null when it did. */
  readonly error: string | null;
}

/** Every receiver of the configuration, in its order. */
export async function viewReceivers(
  records: Records,
  { receivers }: RouteConfig,
): Promise<ReceiverView[]> {
  const known = new Map(
    (await listReceiverHealth(records.db)).map((one) => [keyOf(one.receiver, one), one]),
  );
  return [...receivers.values()].map(({ name, integrations }) => ({
    name,
    integrations: integrations.map(({ name: integration, index }) => {
      const health = known.get(keyOf(name, { integration, index }));
      return {
        integration,
        index,
        succeededAt: health?.succeededAt ?? null,
        failedAt: health?.failedAt ?? null,
        error: health?.error ?? null,
        testedAt: health?.testedAt ?? null,
      };
    }),
  }));
}

function keyOf(receiver: string, id: { integration: string; index: number }): string {
  return JSON.stringify([receiver, id.integration, id.index]);
}

/** Sends a test page by every integration of a receiver, once, and remembers how that went. */
export async function testReceiver(
  receiver: Receiver,
  by: string,
  house: { readonly records: Records; readonly clock: Clock; readonly sending: SendingHouse },
): Promise<TestResult[]> {
  const { records, clock, sending } = house;
  await records.transaction((tx) =>
    writeAudit(tx, {
      at: clock.now(),
      actor: by,
      action: "receiver.test",
      subject: receiver.name,
      detail: {},
    }),
  );
  const payload = testPayload(receiver.name, by, clock.now(), sending.externalURL);
  return Promise.all(
    receiver.integrations.map(async (integration): Promise<TestResult> => {
      const outcome = await sendBy(integration, payload, {
        ...sending,
        idempotencyKey: randomUUID(),
        message: async () => undefined,
      });
      const error = outcome.kind === "sent" ? undefined : outcome.error;
      const { name, index } = integration;
      await putReceiverHealth(
        records.db,
        { receiver: receiver.name, integration: name, index },
        { at: clock.now(), error, test: true },
      );
      return { integration: name, index, error: error ?? null };
    }),
  );
}

function testPayload(
  receiver: string,
  by: string,
  at: number,
  externalURL: string,
): NotificationPayload {
  const labels = { alertname: "TestPage", receiver, severity: "info" };
  const alert = {
    fingerprint: randomUUID().replaceAll("-", "").slice(0, 16),
    status: "firing" as const,
    labels,
    annotations: {
      summary: `This is a test page for ${receiver}`,
      description: `${by} wants to know whether pages arrive here. They do; nothing needs to be done.`,
    },
    startsAt: at,
    endsAt: at,
    generatorURL: `${externalURL}/alerts`,
  };
  // Each test is a group of its own, so that no service takes it for a repetition of the last one.
  const groupLabels = { alertname: labels.alertname, receiver };
  const group = describeGroup(`{}:{test="${alert.fingerprint}"}`, groupLabels, [alert]);
  return { ...group, receiver, reason: "first notification", routeLabels: {} };
}
