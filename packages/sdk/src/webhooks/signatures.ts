import { createHmac, timingSafeEqual } from "node:crypto";

/** Headers by their names in lower case, as node:http has them, or those of a `Request`. */
export type Headers =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | { get(name: string): string | null };

/** Why a webhook is not believed: a closed list, fit for a label. */
export type Refusal =
  | "missing-header"
  | "malformed-header"
  | "too-old"
  | "too-new"
  | "wrong-signature"
  | "replayed";

/** What a sender signs, read out of the headers and the body. */
export interface SignedMessage {
  /** Unix seconds that the sender signed; undefined when it signs none. */
  readonly timestamp: number | undefined;
  /** What the signature is made over, in pieces. */
  readonly content: readonly (string | Uint8Array)[];
  /** The signatures that were sent; one of them has to be right. */
  readonly signatures: readonly Buffer[];
}

/** How one sender signs. */
export interface Form {
  /** Turns the secret as the sender shows it into the key. */
  readonly key: (secret: string) => Buffer;
  readonly read: (headers: Headers, body: Uint8Array) => SignedMessage | Refusal;
}

const maxHeaderLength = 2_048;
const maxSignatures = 10;

/** A header that was sent once and is not endless. */
function header(headers: Headers, name: string): string | undefined {
  const value =
    typeof headers.get === "function"
      ? (headers as { get(name: string): string | null }).get(name)
      : (headers as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" && value !== "" && value.length <= maxHeaderLength
    ? value
    : undefined;
}

/** Whole seconds as text, within what dates can hold. */
function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

/** The 32 bytes of a SHA-256 in hexadecimal or base64; undefined when it is not that. */
function digest(text: string, encoding: "hex" | "base64"): Buffer | undefined {
  const shape = encoding === "hex" ? /^[0-9a-f]{64}$/i : /^[A-Za-z0-9+/]{43}=$/;
  return shape.test(text) ? Buffer.from(text, encoding) : undefined;
}

const utf8Key = (secret: string) => Buffer.from(secret, "utf8");

/** `Stripe-Signature: t=…,v1=…[,v1=…]` over `t.body`. Spec: Stripe, "Verify webhook signatures manually". */
const stripe: Form = {
  key: utf8Key,
  read: (headers, body) => {
    const value = header(headers, "stripe-signature");
    if (value === undefined) return "missing-header";
    let time: string | undefined;
    const signatures: Buffer[] = [];
    for (const item of value.split(",").slice(0, maxSignatures + 1)) {
      const [name, text = ""] = item.trim().split("=", 2);
      if (name === "t") time = text;
      const signature = name === "v1" ? digest(text, "hex") : undefined;
      if (signature !== undefined) signatures.push(signature);
    }
    const timestamp = seconds(time);
    if (timestamp === undefined || signatures.length === 0) return "malformed-header";
    return { timestamp, content: [`${time}.`, body], signatures };
  },
};

/** `X-Hub-Signature-256: sha256=…` over the body. Spec: GitHub, "Validating webhook deliveries". */
const github: Form = {
  key: utf8Key,
  read: (headers, body) => {
    const value = header(headers, "x-hub-signature-256");
    if (value === undefined) return "missing-header";
    const signature = value.startsWith("sha256=") ? digest(value.slice(7), "hex") : undefined;
    if (signature === undefined) return "malformed-header";
    return { timestamp: undefined, content: [body], signatures: [signature] };
  },
};

/** `X-Slack-Signature: v0=…` over `v0:timestamp:body`. Spec: Slack, "Verifying requests from Slack". */
const slack: Form = {
  key: utf8Key,
  read: (headers, body) => {
    const value = header(headers, "x-slack-signature");
    const time = header(headers, "x-slack-request-timestamp");
    if (value === undefined || time === undefined) return "missing-header";
    const timestamp = seconds(time);
    const signature = value.startsWith("v0=") ? digest(value.slice(3), "hex") : undefined;
    if (timestamp === undefined || signature === undefined) return "malformed-header";
    return { timestamp, content: [`v0:${time}:`, body], signatures: [signature] };
  },
};

/**
 * `svix-id`, `svix-timestamp`, `svix-signature: v1,… [v1,…]` over `id.timestamp.body`, or the same with
 * `webhook-` as Standard Webhooks names them. The secret is base64 after `whsec_`.
 */
const svix: Form = {
  key: (secret) => Buffer.from(secret.replace(/^whsec_/, ""), "base64"),
  read: (headers, body) => {
    const prefix = header(headers, "svix-id") === undefined ? "webhook" : "svix";
    const id = header(headers, `${prefix}-id`);
    const time = header(headers, `${prefix}-timestamp`);
    const value = header(headers, `${prefix}-signature`);
    if (id === undefined || time === undefined || value === undefined) return "missing-header";
    const timestamp = seconds(time);
    const signatures = value
      .split(" ", maxSignatures)
      .map((item) => (item.startsWith("v1,") ? digest(item.slice(3), "base64") : undefined))
      .filter((signature) => signature !== undefined);
    if (timestamp === undefined || signatures.length === 0) return "malformed-header";
    return { timestamp, content: [`${id}.${time}.`, body], signatures };
  },
};

export const forms = { stripe, github, slack, svix } as const satisfies Record<string, Form>;
export type Sender = keyof typeof forms;

/** Whether one of the signatures was made with one of the keys. Takes the same time for every answer. */
export function isSigned(message: SignedMessage, keys: readonly Buffer[]): boolean {
  let right = false;
  for (const key of keys) {
    const hmac = createHmac("sha256", key);
    for (const piece of message.content) hmac.update(piece);
    const wanted = hmac.digest();
    for (const signature of message.signatures)
      if (timingSafeEqual(signature, wanted)) right = true;
  }
  return right;
}
