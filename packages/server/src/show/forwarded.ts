import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Networks } from "../model/index.ts";

/** Longer than any chain of proxies makes it; what is longer is not looked at. */
const LONGEST = 2000;
const NAMES = ["for", "host", "proto"] as const;
const HOST = /^[A-Za-z0-9._-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/;
/** One `name=value` of RFC 7239, quoted or not, with what stands before it. */
const PAIR = /(^|[;,])\s*([a-z]+)=(?:"([^"\\]*)"|([^";,\s]*))\s*(?=$|[;,])/giy;

/**
 * Makes of what proxies say about a request what the request says itself: its Host is the one that the
 * visitor asked for, X-Forwarded-For and X-Forwarded-Proto say by whom and how, of Forwarded (RFC 7239)
 * as well. Only a proxy that is trusted is listened to: what a stranger says is taken off the request
 * before anything reads it.
 */
export function believeProxies(request: IncomingMessage, proxies: Networks): void {
  const { headers, socket } = request;
  const said = proxies.has(socket.remoteAddress) ? forwardedBy(headers) : undefined;
  for (const name of NAMES) delete headers[`x-forwarded-${name}`];
  delete headers.forwarded;
  if (said?.for !== undefined) headers["x-forwarded-for"] = said.for;
  if (said?.proto !== undefined) headers["x-forwarded-proto"] = said.proto;
  if (said?.host !== undefined) headers.host = said.host;
}

type Said = Readonly<Record<(typeof NAMES)[number], string | undefined>>;

function forwardedBy(headers: IncomingHttpHeaders): Said {
  const { forwarded } = headers;
  const said = typeof forwarded === "string" ? readForwarded(forwarded) : undefined;
  const given = (name: (typeof NAMES)[number]) => {
    const value = headers[`x-forwarded-${name}`];
    return typeof value === "string" && value.length <= LONGEST ? value : undefined;
  };
  const host = last(given("host")) ?? said?.host;
  const proto = (last(given("proto")) ?? said?.proto)?.toLowerCase();
  return {
    for: given("for") ?? said?.for,
    host: host !== undefined && HOST.test(host) ? host : undefined,
    proto: proto === "http" || proto === "https" ? proto : undefined,
  };
}

/** The entry of the nearest proxy. */
function last(list: string | undefined): string | undefined {
  return list?.split(",").at(-1)?.trim();
}

/** What a Forwarded header says: all addresses, nearest last, and the nearest proxy's host and protocol. */
function readForwarded(header: string): Said | undefined {
  if (header.length > LONGEST) return undefined;
  const addresses: string[] = [];
  let nearest: Record<string, string> = {};
  let end = 0;
  for (const found of header.matchAll(PAIR)) {
    const [text, before, name = "", quoted, bare] = found;
    if (before === ",") nearest = {};
    const value = quoted ?? bare ?? "";
    nearest[name.toLowerCase()] = value;
    if (name.toLowerCase() === "for") addresses.push(addressOf(value));
    end = found.index + text.length;
  }
  // What does not read to its end says nothing.
  if (header.slice(end).trim() !== "") return undefined;
  const { host, proto } = nearest;
  return { for: addresses.length === 0 ? undefined : addresses.join(", "), host, proto };
}

/** The address of a node: `192.0.2.60:47011`, `[2001:db8::1]:4711`; a hidden one stays what it is. */
function addressOf(node: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(node)?.[1] ?? /^([\d.]+)(?::\d+)?$/.exec(node)?.[1] ?? node;
}
