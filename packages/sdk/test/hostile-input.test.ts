/** Whatever comes from outside, read by the parsers that have no fuzz test beside them. */
import { EventEmitter, once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, isIPv6 } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Delivery } from "../src/export/delivery.ts";
import { exporterDefaults } from "../src/export/exporter.ts";
import { Spool } from "../src/export/spool.ts";
import { requestBodyBytes } from "../src/http/sizes.ts";
import { RateLimits, RedisStore } from "../src/limits/index.ts";
import { optionNames, resolveOptions, type KitOptions } from "../src/options.ts";
import { BodyGuard, Cors } from "../src/security/index.ts";
import { timesBreached } from "../src/validation/breach-list.ts";
import { normaliseEmail } from "../src/validation/email.ts";
import { pagination } from "../src/validation/pagination.ts";

/** Any UTF-16, halves of pairs too. fast-check's own takes a second to set up. */
const units = (maxLength = 20) =>
  fc
    .array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength })
    .map((codes) => String.fromCharCode(...codes));

test("options: whatever they are, there are settings", () => {
  const name = fc.constantFrom(...Object.values(optionNames).flat());
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined), fc.bigInt());
  const options = fc.oneof(fc.dictionary(name, fc.oneof(value, fc.dictionary(name, value))), value);
  const variables = fc.dictionary(
    fc.constantFrom("SEAWORTHY_URL", "SEAWORTHY_KEY", "OTEL_SERVICE_NAME", "NODE_ENV"),
    fc.oneof(fc.string(), fc.constantFrom("https://seaworthy.example.com", "file:///etc", "key")),
  );
  fc.assert(
    fc.property(options, variables, (given, environment) => {
      const problems: string[] = [];
      const tell = (problem: string) => problems.push(problem);
      const settings = resolveOptions(given as KitOptions, tell, environment);
      expect(settings.service).toMatch(/^[^]{1,200}$/);
      expect(settings.metricsPath === false || settings.metricsPath.startsWith("/")).toBe(true);
      for (const problem of problems) expect(problem).not.toBe("");
      if (settings.target !== undefined) expect(settings.target.url.protocol).toMatch(/^https?:$/);
    }),
    { numRuns: 200 },
  );
});

test("the limits' Redis: an answer is counts, or is refused", async () => {
  const answers = fc.oneof(
    fc.anything(),
    fc.array(fc.oneof(fc.integer(), fc.double(), fc.string(), fc.anything())),
    fc.tuple(fc.integer(), fc.double(), fc.double()),
  );
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      const store = new RedisStore({ call: () => Promise.resolve(answer) });
      const taken = await store.take("k", 10, 1_000).catch((error: unknown) => error);
      if (taken instanceof Error) return;
      const { remaining, resetMs } = taken as { remaining: number; resetMs: number };
      for (const count of [remaining, resetMs])
        expect(Number.isSafeInteger(count) && count >= 0, String(count)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("limits by address: a site of IPv6 is one caller however it is written, and others are others", () => {
  const group = fc.integer({ min: 0, max: 0xff_ff });
  const site = fc.tuple(group, group, group, group);
  const sameSite = (text: string, groups: readonly number[]) => {
    const limits = new RateLimits({ tiers: { one: { limit: 1, windowSeconds: 60 } } });
    const admits = (remoteAddress: string) => {
      const request = { socket: { remoteAddress }, headers: {} } as unknown as IncomingMessage;
      const response = { headersSent: true } as ServerResponse;
      return limits.admit("one", request, response);
    };
    const plain = [...groups, 9, 9, 9, 9].map((each) => each.toString(16)).join(":");
    return Promise.all([admits(plain), admits(text)]);
  };
  return fc.assert(
    fc.asyncProperty(site, site, fc.ipV6(), async (groups, others, tail) => {
      // The same first half: zeros cut out, digits in capitals, the end as an IPv4 address.
      const half = groups.map((each) => each.toString(16).toUpperCase()).join(":");
      for (const same of [`${half}::`, `${half}:0:0:192.0.2.1`, `${half}::192.0.2.7`])
        expect(isIPv6(same) && (await sameSite(same, groups)), same).toEqual([true, false]);
      const other = others.map((each) => each.toString(16)).join(":");
      if (groups.some((each, at) => each !== others[at]))
        expect(await sameSite(`${other}::1`, groups)).toEqual([true, true]);
      expect(await sameSite(tail, groups)).toHaveLength(2);
    }),
    { numRuns: 60 },
  );
});

test("limits by address: zeros at the front, cut out or not", async () => {
  const limits = new RateLimits({ tiers: { one: { limit: 1, windowSeconds: 60 } } });
  const admits = (remoteAddress: string) => {
    const request = { socket: { remoteAddress }, headers: {} } as unknown as IncomingMessage;
    return limits.admit("one", request, { headersSent: true } as ServerResponse);
  };
  expect(await admits("0:0:1:2:3:4:c000:201")).toBe(true);
  expect(await admits("::1:2:3:4:192.0.2.1")).toBe(false);
});

test("CORS: an origin is allowed when a browser would mean one of the list", () => {
  const cors = new Cors({ origins: ["https://app.example.com", "https://*.example.org"] });
  const near = fc
    .array(
      fc.constantFrom(
        "https://",
        "http://",
        "app",
        "a.b",
        ".example.com",
        ".example.org",
        "example.org",
        ":443",
        "/",
        "@",
        "#",
        "?",
        "\\",
        "*",
        ".",
        "\n",
        "%00",
        "null",
        "evil.com",
        "é",
      ),
      { maxLength: 7 },
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (origin) => {
      if (!cors.allows(origin)) return;
      const { protocol, hostname, port, href } = new URL(origin);
      expect(href).toBe(`${origin}/`);
      expect([protocol, port]).toEqual(["https:", ""]);
      expect(hostname === "app.example.com" || hostname.endsWith(".example.org")).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("bodies: UTF-8 is told from everything else, in pieces of any size", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    units().map((text) => new Uint8Array(Buffer.from(text))),
  );
  const guard = new BodyGuard({ maxBytes: 1_000 });
  fc.assert(
    fc.property(bytes, fc.array(fc.nat({ max: 40 })), (body, cuts) => {
      const passed: Uint8Array[] = [];
      const request = Object.assign(new EventEmitter(), {
        headers: { "content-type": "application/json" },
        url: "/",
        readableLength: 0,
        push: (chunk: Uint8Array | null) => passed.push(chunk ?? new Uint8Array()),
        destroy: () => {},
      });
      let status = 0;
      const response = Object.assign(new EventEmitter(), {
        setHeader: () => {},
        writeHead: (given: number) => (status = given),
        end: () => {},
      });
      guard.watch(request as unknown as IncomingMessage, response as unknown as ServerResponse);
      const edges = [0, ...cuts.filter((cut) => cut < body.length).sort((a, b) => a - b)];
      for (const [index, from] of edges.entries())
        request.push(body.subarray(from, edges[index + 1] ?? body.length));
      request.push(null);
      expect(status).toBe(isUtf8(body) ? 0 : 400);
      if (status === 0) expect(Buffer.concat(passed)).toEqual(Buffer.from(body));
    }),
    { numRuns: 300 },
  );
});

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

test("sizes: what is announced is a number of bytes or is not known", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.bigInt().map(String)), (text) => {
      const request = { headers: { "content-length": text } } as unknown as IncomingMessage;
      const bytes = requestBodyBytes(request);
      if (bytes !== undefined) expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
    }),
  );
});

test("Seaworthy's answers: whatever they say, a batch is taken, refused or tried later", async () => {
  let answer = "";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const limits = { ...exporterDefaults, attemptMs: 5_000 };
  const delivery = new Delivery(new URL(`http://127.0.0.1:${port}/v1/logs`), "key", limits);
  const partial = fc
    .jsonValue()
    .map((rejected) => JSON.stringify({ partialSuccess: { rejectedSpans: rejected } }));
  const line = fc.string().map((text) => text.replaceAll(/[\r\n]/g, " "));
  const whole = fc
    .tuple(fc.integer({ min: 200, max: 599 }), line, fc.oneof(partial, fc.json(), fc.string()))
    .map(
      ([status, wait, body]) =>
        `HTTP/1.1 ${status} x\r\nretry-after: ${wait}\r\nconnection: close\r\n\r\n${body}`,
    );
  try {
    await fc.assert(
      fc.asyncProperty(fc.oneof(whole, fc.string(), units()), async (text) => {
        answer = text;
        const outcome = await delivery.attempt(new Uint8Array([1]));
        if (outcome.kind === "taken") expect(outcome.rejected).toBeGreaterThanOrEqual(0);
        if (outcome.kind === "later") {
          const pause = delivery.pauseMs(1, outcome.askedMs);
          expect(pause > 0 && pause <= limits.maxBackoffMs, String(pause)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  } finally {
    server.close();
  }
});

test("the spool's folder: files of any name and content are read as they were written or let go", async () => {
  const name = fc
    .tuple(
      fc.stringMatching(/^[0-9a-z]{8,10}$/),
      fc.stringMatching(/^[0-9a-z]{5,7}$/),
      fc.constantFrom("0", "2147483646", "9999999999", "x"),
      fc.nat(),
      fc.constantFrom("logs", "traces", "logs.part", "", "LOGS"),
    )
    .map(
      ([time, sequence, owner, count, signal]) => `${time}-${sequence}-${owner}-${count}.${signal}`,
    );
  const files = fc.dictionary(name, fc.uint8Array({ maxLength: 60 }), { maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(files, async (given) => {
      const folder = await mkdtemp(join(tmpdir(), "seaworthy-hostile-"));
      try {
        for (const [file, bytes] of Object.entries(given))
          await writeFile(join(folder, file), bytes);
        const spool = new Spool({ folder, signal: "logs", maxBytes: 1_000, lost: () => {} });
        await spool.write(new Uint8Array([7, 7]), 1);
        const bodies: Uint8Array[] = [];
        for (let file = spool.oldest; file !== undefined; file = spool.oldest) {
          const body = await spool.read(file);
          if (body === undefined) continue;
          bodies.push(body);
          await spool.remove(file);
        }
        expect(bodies).toEqual([Buffer.from([7, 7])]);
        expect(spool.bytes).toBe(0);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 15 },
  );
});

test("the breach list's answers: a count of times", async () => {
  const line = fc.oneof(
    fc.string(),
    fc.tuple(fc.stringMatching(/^[0-9A-Fa-f]{35}$/), fc.string()).map((pair) => pair.join(":")),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.string(), async (lines, password) => {
      const text = encodeURIComponent(lines.join("\r\n"));
      const times = await timesBreached(password, { endpoint: `data:text/plain,${text}%0A` });
      expect(times).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 40 },
  );
});

test("e-mail and pages: what comes out is in bounds, and comes out of itself again", () => {
  const mail = fc.oneof(
    fc.string(),
    fc.emailAddress(),
    fc.tuple(fc.string(), fc.domain()).map((parts) => parts.join("@")),
  );
  fc.assert(
    fc.property(mail, (text) => {
      const address = normaliseEmail(text);
      if (address === undefined) return;
      expect(address).toMatch(/^[!-~]+@[a-z0-9.-]+$/);
      expect(address.length).toBeLessThanOrEqual(254);
      expect(normaliseEmail(address)).toBe(address);
    }),
    { numRuns: 300 },
  );
  const query = fc.record(
    {
      limit: fc.oneof(fc.anything(), fc.integer().map(String)),
      page: fc.oneof(fc.anything(), fc.integer().map(String)),
      cursor: fc.oneof(fc.anything(), fc.string()),
    },
    { requiredKeys: [] },
  );
  const schema = pagination({ maxLimit: 50, maxPage: 10 });
  fc.assert(
    fc.property(query, (given) => {
      const { data } = schema.safeParse(given);
      if (data === undefined) return;
      expect(data.limit >= 1 && data.limit <= 50).toBe(true);
      if ("offset" in data) expect(data.offset >= 0 && data.offset <= 9 * 50).toBe(true);
    }),
    { numRuns: 300 },
  );
});
