import { createECDH, createHash } from "node:crypto";
import ece from "http_ece";
import { defaultHttpConfig } from "../../../route/index.ts";
import type { HttpSender, Outcome } from "../../../route/index.ts";
import type { PageMessage } from "../message.ts";
import { readSubscription } from "./subscription.ts";
import type { Subscription } from "./subscription.ts";
import type { PushSender } from "./vapid.ts";

/** What the page's service worker makes a notification of. Addresses are paths of this server. */
interface PushNotice {
  readonly title: string;
  readonly body: string;
  /** Of two notices with the same tag the later one replaces the earlier. */
  readonly tag: string;
  /** When it was sent, milliseconds since 1970. */
  readonly at: number;
  /** The incident. */
  readonly see: string;
  /** Where a POST answers for the person who was paged, and where one goes on to the next step. */
  readonly acknowledge: string | null;
  readonly escalate: string | null;
}

/** How long a push service tries to reach a browser, seconds: as long as a P3 may wait for an answer. */
const TTL = 4 * 3600;
/** Push services take 4,096 bytes with what encryption adds; texts are cut so that a notice stays below. */
const TITLE = 200;
const BODY = 300;

/** What a push service answers when a browser has ended its subscription. */
const GONE = [404, 410];
const ENDED = "the browser has ended its subscription; its person has to add it again there";

/** Sends a page to a browser once; a browser that has ended its subscription says so by `gone`. */
export async function push(
  page: { readonly id: string; readonly address: string },
  message: PageMessage,
  senders: {
    readonly http: HttpSender;
    readonly push: PushSender;
    readonly now: () => number;
    readonly allowPrivateAddresses: boolean;
  },
): Promise<{ readonly outcome: Outcome; readonly gone: boolean }> {
  const read = readSubscription(page.address);
  if ("fault" in read) {
    return { outcome: { kind: "failed", error: `the subscription ${read.fault}` }, gone: false };
  }
  const { subscription } = read;
  const now = senders.now();
  const notice = noticeOf(message, now);
  const exchange = await senders.http.exchange({
    url: subscription.endpoint,
    body: encrypted(JSON.stringify(notice), subscription),
    contentType: "application/octet-stream",
    headers: {
      "content-encoding": "aes128gcm",
      ttl: String(TTL),
      urgency: "high",
      topic: topicOf(notice.tag, senders.push.publicKey),
      authorization: senders.push.authorization(subscription.endpoint, now),
    },
    http: { ...defaultHttpConfig, follow_redirects: false },
    idempotencyKey: page.id,
    timeout: 0,
    publicOnly: !senders.allowPrivateAddresses,
  });
  if (exchange.ok) return { outcome: { kind: "sent" }, gone: false };
  const gone = GONE.includes(exchange.status ?? 0);
  return { outcome: gone ? { kind: "failed", error: ENDED } : exchange.outcome, gone };
}

function noticeOf(message: PageMessage, at: number): PushNotice {
  const { incident } = message;
  const { severity, number, service } = incident;
  const pathOf = (url: string) => new URL(url).pathname;
  const { escalateUrl } = message;
  return {
    title: cut(`${severity} · ${incident.title}`, TITLE),
    body: cut(
      `#${number}${service === null ? "" : ` · ${service}`}\nPaged by ${message.policy}, ${message.step}`,
      BODY,
    ),
    tag: `incident-${number}`,
    at,
    see: pathOf(message.incidentUrl),
    acknowledge: escalateUrl === undefined ? null : pathOf(message.acknowledgeUrl),
    escalate: escalateUrl === undefined ? null : pathOf(escalateUrl),
  };
}

/** Text of at most so many UTF-16 units, without half a character at the end. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The body of a push (RFC 8291), by a key pair of its own. */
function encrypted(text: string, { p256dh, auth }: Subscription): Buffer {
  const own = createECDH("prime256v1");
  own.generateKeys();
  return ece.encrypt(Buffer.from(text), {
    version: "aes128gcm",
    dh: p256dh,
    privateKey: own,
    authSecret: auth,
  });
}

/**
 * What a push service keeps only the latest message of, for a browser that is away (RFC 8030, 5.4): all
 * pages about an incident. It tells the service nothing.
 */
function topicOf(tag: string, publicKey: string): string {
  return createHash("sha256").update(`${publicKey} ${tag}`).digest("base64url").slice(0, 32);
}
