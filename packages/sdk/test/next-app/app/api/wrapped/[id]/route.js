import { withSeaworthy } from "@seaworthy/sdk/next";

export const GET = withSeaworthy("/api/wrapped/[id]", async (_request, { params }) => {
  const { id } = await params;
  if (id === "broken") throw new SyntaxError("wrapped and broken");
  return Response.json({ id }, { status: 201 });
});
