import { listChats, testChat } from "@seaworthy/contract";
import type { Chat } from "../../respond/index.ts";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";

/** The chats that incidents are told in, and how they do. */
export function serveChat(serve: Serve, chat: Pick<Chat, "places" | "test">): void {
  serve(listChats, async () => ({
    chats: (await chat.places()).map((place) => ({
      name: place.name,
      channel: place.channel ?? null,
      sentAt: place.sentAt?.toISOString() ?? null,
      heardAt: place.heardAt?.toISOString() ?? null,
      failedAt: place.failedAt?.toISOString() ?? null,
      error: place.error,
      failing: place.failing,
    })),
  }));

  serve(testChat, async ({ params, request }) => ({
    error: await chat.test(params.name, actorOfRequest(request)),
  }));
}
