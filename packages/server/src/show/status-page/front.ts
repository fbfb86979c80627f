import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { messageOf } from "../../model/index.ts";
import type { StatusWorld } from "../../respond/index.ts";
import { renderResources } from "./resources.ts";
import type { Resource, Resources } from "./resources.ts";
import type { Visits } from "./visits.ts";

/** How long others may keep an answer, in seconds: the page is at most this much behind for a visitor. */
const FRESH = 15;
const FOREVER_BEHIND = 86_400;

const SECURITY = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
};

/** Answers to questions that come again and again, as many as there is room for. */
class Remembered<T> {
  readonly #answers = new Map<string, T>();
  readonly #answer: (question: string) => T;

  constructor(answer: (question: string) => T) {
    this.#answer = answer;
  }

  of(question: string): T {
    const known = this.#answers.get(question);
    if (known !== undefined) return known;
    const answer = this.#answer(question);
    // Strangers choose the questions.
    if (this.#answers.size >= 1000) this.#answers.clear();
    if (question.length <= 200) this.#answers.set(question, answer);
    return answer;
  }
}

/** Answers the page's documents from memory, before anything else looks at a request. */
export interface StatusFront {
  /** Takes the page as it is now, and makes its documents. */
  publish(world: StatusWorld): void;
  /** Resolves when everything that was published is being served. */
  settled(): Promise<void>;
  /** Answers a request for a document of the page; false when it is for somebody else. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  /** The path by which the rest of the server knows what was asked for. */
  rewrite(request: IncomingMessage): string;
  /** The document at a path from the page's root, in the form for a host name. */
  find(host: string | undefined, path: string): Resource | undefined;
  /** Whether the page is for those who ask for this host name: nobody else's name shows it. */
  isFor(host: string | undefined): boolean;
  /** What links begin with on this host name. */
  base(host: string | undefined): string;
  readonly world: StatusWorld | undefined;
  readonly visits: Visits;
  /** Host names at whose root the page is. */
  readonly hosts: readonly string[];
}

export interface FrontOptions {
  /** Host names that the rest of the server answers to, besides addresses. */
  readonly otherHosts: readonly string[];
  /** Host names at whose root the page is, and nothing else. */
  readonly hosts: readonly string[];
  /** Where the page is for those outside, without a slash at the end. */
  readonly url: string;
  readonly hasMail: boolean;
  readonly visits: Visits;
  readonly onError: (reason: string) => void;
}

/** Makes the front of the status page; it knows nothing before the first `publish`. */
export function createStatusFront(options: FrontOptions): StatusFront {
  const own = new Set(options.hosts.map((host) => host.toLowerCase()));
  let world: StatusWorld | undefined;
  let underPath: Resources = new Map();
  let atRoot: Resources = new Map();
  let making: Promise<void> = Promise.resolve();

  const others = new Set(options.otherHosts.map((host) => nameOf(host)));
  /** What was found about Host headers: the same few come again and again. */
  const ownHosts = new Remembered((host) => own.has(nameOf(host)));
  const servedHosts = new Remembered((host) => {
    const name = nameOf(host);
    return own.has(name) || others.has(name) || isIP(name.replaceAll(/^\[|\]$/g, "")) !== 0;
  });
  const isOwn = (host: string | undefined) => own.size > 0 && ownHosts.of(host ?? "");
  const isFor = (host: string | undefined) => servedHosts.of(host ?? "");

  async function make(next: StatusWorld): Promise<void> {
    const { url, hasMail } = options;
    const shared = { url, hasMail };
    underPath = await renderResources(next, { ...shared, base: "/status" }, underPath);
    if (own.size > 0) atRoot = await renderResources(next, { ...shared, base: "" }, atRoot);
    world = next;
  }

  async function makeAfter(earlier: Promise<void>, next: StatusWorld): Promise<void> {
    await earlier;
    try {
      await make(next);
    } catch (error) {
      options.onError(messageOf(error));
    }
  }

  function find(host: string | undefined, path: string): Resource | undefined {
    return (isOwn(host) ? atRoot : underPath).get(path);
  }

  return {
    get world() {
      return world;
    },
    visits: options.visits,
    hosts: options.hosts,
    isFor,
    base: (host) => (isOwn(host) ? "" : "/status"),
    find,
    publish(next) {
      making = makeAfter(making, next);
    },
    settled: () => making,

    answer(request, response) {
      const { method, headers } = request;
      if ((method !== "GET" && method !== "HEAD") || world === undefined) return false;
      const path = pathWithin(request.url ?? "/", isOwn(headers.host));
      if (path === undefined || world.page.access.kind !== "public") return false;
      if (!isFor(headers.host)) return false;
      const resource = find(headers.host, path);
      if (resource === undefined) return false;
      const { status, headers: fields, body } = answerOf(headers, resource, true);
      response.writeHead(status, fields);
      response.end(method === "HEAD" ? undefined : body);
      return true;
    },

    rewrite(request) {
      const url = request.url ?? "/";
      if (!isOwn(request.headers.host)) return url;
      return url.startsWith("/") ? `/status${url}` : "/status/";
    },
  };
}

/** The name in a Host header, without its port and without the dot that ends a full name. */
function nameOf(host: string | undefined): string {
  return (host ?? "").replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

/** The path from the page's root; undefined for what is not of the page. */
export function pathWithin(url: string, atRoot: boolean): string | undefined {
  const end = url.indexOf("?");
  const path = end === -1 ? url : url.slice(0, end);
  if (atRoot) return path;
  if (path === "/status" || path === "/status/") return "/";
  return path.startsWith("/status/") ? path.slice("/status".length) : undefined;
}

/** An answer that carries a document in the best form that the asker takes, or says that they have it. */
export function answerOf(
  asked: IncomingHttpHeaders,
  resource: Resource,
  isPublic: boolean,
): Answer {
  const form = FORMS[codings.of(asked["accept-encoding"] ?? "")];
  let made = ANSWERS.get(resource);
  if (made === undefined) ANSWERS.set(resource, (made = new Map()));
  const isKnown = asked["if-none-match"]?.includes(resource.etag) === true;
  const key = `${isPublic ? "public" : "private"} ${isKnown ? "known" : form.key}`;
  let answer = made.get(key);
  if (answer === undefined) made.set(key, (answer = makeAnswer(resource, isPublic, isKnown, form)));
  return answer;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** Made once for each document and form: most requests are alike. */
const ANSWERS = new WeakMap<Resource, Map<string, Answer>>();

/** The forms that a browser may take, the best first. */
const FORMS = {
  brotli: { key: "brotli", coding: "br" },
  gzip: { key: "gzip", coding: "gzip" },
  plain: { key: "plain", coding: undefined },
} as const;

const codings = new Remembered((accepted): keyof typeof FORMS =>
  takes(accepted, "br") ? "brotli" : takes(accepted, "gzip") ? "gzip" : "plain",
);

function makeAnswer(
  resource: Resource,
  isPublic: boolean,
  isKnown: boolean,
  { key, coding }: (typeof FORMS)[keyof typeof FORMS],
): Answer {
  const shared = {
    ...SECURITY,
    ...resource.headers,
    etag: resource.etag,
    "cache-control": isPublic
      ? `public, max-age=${FRESH}, stale-if-error=${FOREVER_BEHIND}`
      : "private, no-cache",
    vary: isPublic ? "accept-encoding" : "accept-encoding, cookie",
  };
  if (isKnown) return { status: 304, headers: shared, body: undefined };
  // What is too small to be worth it has no compressed form.
  const compressed = coding === undefined ? undefined : resource[key];
  const body = compressed ?? resource.plain;
  const headers = {
    ...shared,
    ...(compressed === undefined || coding === undefined ? {} : { "content-encoding": coding }),
    "content-type": resource.type,
    "content-length": String(body.length),
  };
  return { status: 200, headers, body };
}

/** Whether a content coding is accepted: named, and not with a weight of 0. */
function takes(header: string, coding: string): boolean {
  return header.split(",").some((part) => {
    const [name = "", ...parameters] = part.split(";").map((one) => one.trim().toLowerCase());
    return name === coding && !parameters.some((one) => /^q=0(?:\.0{0,3})?$/.test(one));
  });
}
