import { setTimeout } from "node:timers/promises";
import { seaworthy } from "@seaworthy/sdk/next";

export const dynamic = "force-dynamic";

export async function GET() {
  const kit = seaworthy();
  await setTimeout(5);
  return kit.span("work", () => Promise.resolve(Response.json({ requestId: kit.requestId })));
}
