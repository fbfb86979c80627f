export async function register() {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { seaworthy } = await import("@seaworthy/sdk/next");
  seaworthy({ service: "next-app" });
}

export async function onRequestError(error, request, context) {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const kit = await import("@seaworthy/sdk/next");
  kit.onRequestError(error, request, context);
}
