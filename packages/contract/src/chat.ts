import { z } from "zod";
import { operation } from "./operation.ts";
import { instant } from "./values.ts";

export const chatName = z.enum(["slack", "teams", "discord"]);
export type ChatName = z.infer<typeof chatName>;

/** A chat that incidents are told in, and how it does. */
export const chat = z.object({
  name: chatName,
  /** Where incidents are announced: the id of a Slack channel. */
  channel: z.string().nullable(),
  /** When a message of ours last arrived, */
  sentAt: instant.nullable(),
  /** when a message of somebody was last noted, */
  heardAt: instant.nullable(),
  /** and when and why we were last refused; the reason is null once a message has arrived again. */
  failedAt: instant.nullable(),
  error: z.string().nullable(),
  /** Incidents that it cannot be told of for now. */
  failing: z.number().int(),
});
export type Chat = z.infer<typeof chat>;

export const listChats = operation({
  method: "GET",
  path: "/api/chats",
  access: "read",
  summary: "The chats that incidents are told in, and how they do",
  answer: z.object({ chats: z.array(chat) }),
});

export const testChat = operation({
  method: "POST",
  path: "/api/chats/:name/test",
  access: "write",
  summary: "Sends a test message into a chat",
  params: z.object({ name: chatName }),
  answer: z.object({
    /** Why it did not arrive; null when it did. */
    error: z.string().nullable(),
  }),
});
