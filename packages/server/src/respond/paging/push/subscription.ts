import { ECDH } from "node:crypto";

/** Where a browser takes pushes, and by which keys it reads them. */
export interface Subscription {
  /** The address at its maker's push service: whoever knows it can send there. */
  readonly endpoint: string;
  /** The browser's public key: a point of P-256, uncompressed, as base64url. */
  readonly p256dh: string;
  /** 16 bytes that both sides know, as base64url. */
  readonly auth: string;
}

const LIMITS = {
  /** Characters of a subscription as JSON. */
  text: 2000,
  /** Characters of an endpoint; those of all makers are below 500. */
  endpoint: 1500,
} as const;

const CURVE = "prime256v1";
const BASE64URL = /^[A-Za-z0-9_-]+={0,2}$/;
/** Browsers subscribe on this machine without TLS, too. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Reads what a browser says of its subscription (`JSON.stringify(subscription)`); else what is wrong with it. */
export function readSubscription(
  text: string,
): { readonly subscription: Subscription } | { readonly fault: string } {
  const fault = (what: string) => ({ fault: what });
  if (text.length > LIMITS.text) return fault(`is longer than ${LIMITS.text} characters`);
  const given = parsed(text);
  if (given === undefined) return fault("is not a subscription as JSON");
  const { endpoint, keys } = given;
  if (typeof endpoint !== "string" || endpoint.length > LIMITS.endpoint) {
    return fault("has no endpoint, or too long a one");
  }
  const wrong = endpointFault(endpoint);
  if (wrong !== undefined) return fault(wrong);
  const { p256dh, auth } = asObject(keys) ?? {};
  if (!isPoint(p256dh)) return fault("has no keys.p256dh that is a point of P-256");
  if (bytesOf(auth)?.length !== 16) return fault("has no keys.auth of 16 bytes");
  return { subscription: { endpoint, p256dh: plain(p256dh), auth: plain(String(auth)) } };
}

/** A subscription as it is kept: the same text for the same one. */
export function writeSubscription({ endpoint, p256dh, auth }: Subscription): string {
  return `${subscriptionsAt(endpoint)}${JSON.stringify({ p256dh, auth })}}`;
}

/** What the texts of all subscriptions at an endpoint begin with. */
export function subscriptionsAt(endpoint: string): string {
  return `{"endpoint":${JSON.stringify(endpoint)},"keys":`;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)
    : undefined;
}

function endpointFault(endpoint: string): string | undefined {
  // A text that the URL parser would mend is another address than the one that is kept.
  if (!URL.canParse(endpoint) || /[^\x21-\x7e]/.test(endpoint)) {
    return "has an endpoint that is not a URL";
  }
  const { protocol, hostname, username, password } = new URL(endpoint);
  if (protocol !== "https:" && !(protocol === "http:" && LOOPBACK.has(hostname))) {
    return "has an endpoint that does not begin with https://";
  }
  return username === "" && password === ""
    ? undefined
    : "has an endpoint with a user name or password";
}

function isPoint(text: unknown): text is string {
  const bytes = bytesOf(text);
  if (bytes?.length !== 65) return false;
  try {
    ECDH.convertKey(bytes, CURVE, undefined, undefined, "uncompressed");
    return true;
  } catch {
    return false;
  }
}

function bytesOf(text: unknown): Buffer | undefined {
  return typeof text === "string" && text.length <= 100 && BASE64URL.test(text)
    ? Buffer.from(text, "base64url")
    : undefined;
}

/** Base64url without padding, which some browsers add. */
function plain(text: string): string {
  return text.replace(/=+$/, "");
}
