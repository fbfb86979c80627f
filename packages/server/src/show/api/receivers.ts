import { getWatchdog, listReceivers, testReceiver } from "@seaworthy/contract";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";
import type { ApiSources } from "./sources.ts";

/** Receivers with their health, test pages, and the dead man's switch. */
export function serveReceivers(serve: Serve, sources: ApiSources): void {
  serve(listReceivers, async () => ({ receivers: [...(await sources.receivers())] }));

  serve(testReceiver, async ({ params, request }) => ({
    results: [...(await sources.testReceiver(params.name, actorOfRequest(request)))],
  }));

  serve(getWatchdog, () => sources.watchdog());
}
