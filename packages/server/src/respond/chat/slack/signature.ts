import { createHmac, timingSafeEqual } from "node:crypto";

/** How far a request's time may be from ours, in seconds: older ones are replays. */
export const REPLAY_WINDOW_SECONDS = 5 * 60;

/** What a request of Slack carries beside its body. */
export interface SlackSignature {
  /** `x-slack-signature`. */
  readonly signature: unknown;
  /** `x-slack-request-timestamp`, in seconds. */
  readonly timestamp: unknown;
}

/**
 * Why a request is not Slack's, or undefined when it is: the signature of version 0, an HMAC with
 * SHA-256 over `v0:TIMESTAMP:BODY` by the app's signing secret, made lately.
 */
export function signatureFault(
  { signature, timestamp }: SlackSignature,
  body: Buffer,
  secret: string,
  now: number,
): string | undefined {
  if (typeof signature !== "string" || typeof timestamp !== "string")
    return "the request is not signed";
  if (secret === "") return "the signing secret is empty";
  if (!/^\d{1,12}$/.test(timestamp)) return "the request's timestamp is not one";
  const mac = createHmac("sha256", secret).update(`v0:${timestamp}:`).update(body).digest("hex");
  const [given, expected] = [Buffer.from(signature), Buffer.from(`v0=${mac}`)];
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    return "the signature is not by the signing secret of this installation";
  if (Math.abs(now / 1000 - Number(timestamp)) > REPLAY_WINDOW_SECONDS)
    return "the request is older than five minutes, or this server's clock is wrong";
  return undefined;
}
