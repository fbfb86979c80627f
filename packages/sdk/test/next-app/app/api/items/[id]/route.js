import { seaworthy } from "@seaworthy/sdk/next";

export async function GET(_request, { params }) {
  const kit = seaworthy();
  kit.logger.info("looking");
  return Response.json({ id: (await params).id, requestId: kit.requestId });
}
