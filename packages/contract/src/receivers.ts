import { z } from "zod";
import { operation } from "./operation.ts";
import { instant } from "./values.ts";

/** How deliveries by one integration of a receiver went last, tests included. */
export const receiverIntegration = z.object({
  /** e.g. `webhook`, `slack`. */
  integration: z.string(),
  /** Its place among the receiver's integrations of the same name. */
  index: z.number().int(),
  succeededAt: instant.nullable(),
  failedAt: instant.nullable(),
  /** Why the last delivery failed; null when it did not. */
  error: z.string().nullable(),
  testedAt: instant.nullable(),
});
export type ReceiverIntegration = z.infer<typeof receiverIntegration>;

export const receiver = z.object({
  name: z.string(),
  integrations: z.array(receiverIntegration),
});
export type Receiver = z.infer<typeof receiver>;

export const listReceivers = operation({
  method: "GET",
  path: "/api/receivers",
  access: "read",
  summary: "The receivers of alertmanager.yml, and when each was last reached",
  answer: z.object({ receivers: z.array(receiver) }),
});

export const testReceiver = operation({
  method: "POST",
  path: "/api/receivers/:name/test",
  access: "write",
  summary: "Sends a test page by every integration of a receiver",
  params: z.object({ name: z.string().min(1) }),
  answer: z.object({
    results: z.array(
      z.object({
        integration: z.string(),
        index: z.number().int(),
        /** Why the page did not arrive; null when it did. */
        error: z.string().nullable(),
      }),
    ),
  }),
});

export const getWatchdog = operation({
  method: "GET",
  path: "/api/watchdog",
  access: "read",
  summary: "The dead man's switch: whether alerts flow, and when the outside was last told so",
  answer: z.object({
    /** When the alert that always fires came in last; null when it does not fire. */
    seenAt: instant.nullable(),
    heartbeat: z.object({
      /** Whether an address outside is configured. */
      configured: z.boolean(),
      sentAt: instant.nullable(),
      failedAt: instant.nullable(),
      /** Why it was not sent last; null when it was. */
      error: z.string().nullable(),
    }),
  }),
});
export type Watchdog = z.infer<typeof getWatchdog.answer>;
