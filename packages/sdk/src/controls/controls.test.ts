import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { EdgeControls } from "../edge/controls.ts";
import { Controls, type ControlsOptions } from "./controls.ts";
import { EventReader } from "./event-reader.ts";
import { ControlGate } from "./gate.ts";
import { readSnapshot, type ControlShape, type ControlValue } from "./values.ts";

/** What Seaworthy does for applications, and what may stand between. */
class Platform {
  revision = 1;
  controls: Record<string, ControlValue> = { "kill-switch": false };
  /** Proxies that know no streams answer them like this. */
  streamAnswer: "events" | "page" | "refused" = "events";
  readonly asked: { readonly path: string; readonly headers: Record<string, unknown> }[] = [];
  readonly #streams = new Set<ServerResponse>();
  #server: Server | undefined;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      const path = request.url?.split("?", 1)[0] ?? "";
      this.asked.push({ path, headers: request.headers });
      const tag = `"${this.revision}"`;
      if (path === "/api/controls/stream") {
        if (this.streamAnswer === "refused") response.writeHead(503, { "retry-after": "0" }).end();
        else if (this.streamAnswer === "page") response.end("<html>");
        else {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(`: hello\n\n${this.#event()}`);
          this.#streams.add(response);
          response.on("close", () => this.#streams.delete(response));
        }
      } else if (request.headers["if-none-match"] === tag) response.writeHead(304).end();
      else response.writeHead(200, { etag: tag }).end(this.#json());
    });
    this.#server = server;
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
  }

  set(controls: Record<string, ControlValue>): void {
    this.revision += 1;
    this.controls = { ...this.controls, ...controls };
    for (const stream of this.#streams) stream.write(this.#event());
  }

  /** Says something on every stream that no Seaworthy would. */
  say(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }

  #json(): string {
    return JSON.stringify({
      service: "shop",
      environment: "test",
      revision: this.revision,
      controls: this.controls,
    });
  }

  #event(): string {
    return `id: ${this.revision}\ndata: ${this.#json()}\n\n`;
  }
}

async function platform(): Promise<Platform> {
  const made = new Platform();
  await made.open();
  onTestFinished(() => made.close());
  return made;
}

function read<Shape extends ControlShape = ControlShape>(
  { url }: { readonly url: string },
  options: ControlsOptions = {},
): Controls<Shape> {
  const controls = new Controls<Shape>({
    url,
    key: "sw_controls_key",
    service: "shop",
    environment: "test",
    pollMs: 100,
    ...options,
    times: { backoffMs: 20, maxBackoffMs: 50, ...options.times },
  });
  onTestFinished(() => controls.close());
  return controls;
}

const wait = { timeout: 30_000, interval: 10 };

describe("controls in an application", () => {
  it("follow the stream, and answer what is asked for by its kind", async () => {
    const seaworthy = await platform();
    seaworthy.controls = { "kill-switch": true, plan: "b", rate: 5 };
    const controls = read<{ plan: "a" | "b"; rate: number; gone: boolean }>(seaworthy);
    expect([controls.isOn("kill-switch"), controls.value("rate", 1)]).toEqual([false, 1]);
    expect(await controls.ready(30_000)).toBe(true);
    expect(controls.isOn("kill-switch")).toBe(true);
    const plan: "a" | "b" = controls.value("plan", "a");
    const rate: number = controls.value("rate", 1);
    expect([plan, rate, controls.value("gone", true)]).toEqual(["b", 5, true]);
    // Of another kind than the application can use.
    expect(controls.value("kill-switch", 3)).toBe(3);
    expect(controls.isOn("plan")).toBe(false);
    expect(controls.state).toEqual({ source: "stream", revision: 1, connected: true });

    const seen: unknown[] = [];
    controls.on("change", () => {
      throw new Error("of the application's own");
    });
    const off = controls.on("change", (change) => seen.push(change));
    seaworthy.set({ rate: 6 });
    await expect.poll(() => controls.value("rate", 1), wait).toBe(6);
    expect(seen).toEqual([{ name: "rate", value: 6, was: 5, revision: 2 }]);
    off();
    seaworthy.set({ rate: 7 });
    await expect.poll(() => controls.value("rate", 1), wait).toBe(7);
    expect(seen).toHaveLength(1);
    expect(seaworthy.asked[0]?.headers).toMatchObject({ authorization: "Bearer sw_controls_key" });
  });

  it("stay as they were while Seaworthy is away, and are the newest when it is back", async () => {
    const seaworthy = await platform();
    const controls = read(seaworthy);
    seaworthy.set({ "kill-switch": true });
    await controls.ready(30_000);
    await seaworthy.close();
    await expect.poll(() => controls.state.connected, wait).toBe(false);
    expect(controls.isOn("kill-switch")).toBe(true);
    seaworthy.set({ "kill-switch": false, "safe-mode": true });
    await seaworthy.open();
    await expect.poll(() => controls.isOn("safe-mode"), wait).toBe(true);
    expect(controls.isOn("kill-switch")).toBe(false);
    const resumed = seaworthy.asked.filter(({ headers }) => headers["last-event-id"] === "2");
    expect(resumed.length).toBeGreaterThan(0);
  });

  it.each(["page", "refused"] as const)("are asked for where streams are a %s", async (answer) => {
    const seaworthy = await platform();
    seaworthy.streamAnswer = answer;
    const controls = read(seaworthy, { times: { pollingMs: 300 } });
    expect(await controls.ready(30_000)).toBe(true);
    expect(controls.state.source).toBe("poll");
    seaworthy.set({ "safe-mode": true });
    await expect.poll(() => controls.isOn("safe-mode"), wait).toBe(true);
    // In time a stream is tried again.
    seaworthy.streamAnswer = "events";
    await expect.poll(() => controls.state.source, wait).toBe("stream");
  });

  it("take a silent stream for dead, and nothing that is no state for one", async () => {
    const seaworthy = await platform();
    const problems: string[] = [];
    const controls = read(seaworthy, {
      times: { silenceMs: 150 },
      onProblem: (problem) => problems.push(problem),
    });
    await controls.ready(30_000);
    seaworthy.say('data: {"revision":-1,"controls":{"kill-switch":true}}\n\n');
    seaworthy.say("data: what\n\n");
    await expect
      .poll(() => seaworthy.asked.filter(({ path }) => path.endsWith("stream")).length, wait)
      .toBeGreaterThan(1);
    expect(controls.isOn("kill-switch")).toBe(false);
    expect(problems).toHaveLength(1);
  });

  it("are known at a start without Seaworthy, from the file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sw-controls-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const cacheFile = join(folder, "controls.json");
    const seaworthy = await platform();
    seaworthy.set({ "kill-switch": true });
    const first = read(seaworthy, { cacheFile });
    await first.ready(30_000);
    await first.close();
    await seaworthy.close();
    const second = read(seaworthy, { cacheFile });
    expect([second.isOn("kill-switch"), second.state.source]).toEqual([true, "cache"]);
    expect(await second.ready(1)).toBe(false);
    expect(read(seaworthy, { cacheFile, service: "other" }).isOn("kill-switch")).toBe(false);
    expect(JSON.parse(await readFile(cacheFile, "utf8"))).toMatchObject({ service: "shop" });
    await writeFile(cacheFile, '{"service":"shop","environment":"test","revis');
    expect(read(seaworthy, { cacheFile }).state.source).toBe("nowhere");
  });

  it("do not keep the process, nor anything from an application without Seaworthy", async () => {
    const seaworthy = await platform();
    const module = new URL("../../dist/controls/index.js", import.meta.url).href;
    const code = `const { Controls } = await import(${JSON.stringify(module)});
      const controls = new Controls({ url: ${JSON.stringify(seaworthy.url)}, key: "k", service: "shop" });
      console.log(await controls.ready(30000), controls.isOn("kill-switch"));`;
    const args = ["--input-type=module", "-e", code];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe("true false\n");
    for (const wrong of ["", "no address", "ftp://x"]) {
      const controls = read({ url: wrong });
      expect([controls.value("x", 4), controls.state.source]).toEqual([4, "nowhere"]);
    }
    // A listener goes to an event that is not there.
    read({ url: "" }).on("changed" as "change", () => {});
  });
});

describe("the gate", () => {
  const on = new Set<string>();
  const gate = new ControlGate(
    { value: ((name: string) => on.has(name)) as unknown as Controls["value"] },
    { routes: ["/checkout", "/api/orders/"], except: ["/api/orders/status"] },
  );
  it.each([
    ["kill-switch", "GET", "/checkout?x", 503],
    ["kill-switch", "GET", "/checkout/pay", 503],
    ["kill-switch", "GET", "/checkouts", undefined],
    ["kill-switch", "POST", "/api/orders", 503],
    ["kill-switch", "POST", "/api/orders/status", undefined],
    ["safe-mode", "GET", "/checkout", undefined],
    ["safe-mode", "DELETE", "/basket", 503],
    ["operator-takeover", "DELETE", "/basket", undefined],
  ])("with %s on answers %s %s with %s", (control, method, target, status) => {
    on.clear();
    on.add(control);
    const answer = gate.refusal(method, target);
    expect(answer?.status).toBe(status);
    if (answer === undefined) return;
    expect(answer.headers).toMatchObject({
      "retry-after": "30",
      "content-type": "application/problem+json",
    });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 503, control });
  });
});

it("controls at the edge are kept between requests, and while Seaworthy is away", async () => {
  const seaworthy = await platform();
  seaworthy.set({ "safe-mode": true, rate: 3 });
  const edge = new EdgeControls<{ rate: number }>({
    service: "shop",
    environment: "test",
    url: seaworthy.url,
    key: "k",
    maxAgeMs: 0,
    waitMs: 10_000,
  });
  const [one, two] = await Promise.all([edge.read(), edge.read()]);
  expect([one.isOn("safe-mode"), two.value("rate", 1), seaworthy.asked.length]).toEqual([
    true,
    3,
    1,
  ]);
  await edge.read();
  expect(seaworthy.asked[1]?.headers).toMatchObject({ "if-none-match": '"2"' });
  await seaworthy.close();
  expect((await edge.read()).isOn("safe-mode")).toBe(true);
  expect(one.revision).toBe(2);
});

describe("what comes from outside", () => {
  it("is read alike in pieces of any size", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.nat(),
            fc.string().filter((text) => !/[\r\n]/.test(text)),
          ),
        ),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        (events, sizes) => {
          const text = events.map(([id, data]) => `id: ${id}\n:\ndata: ${data}\n\n`).join("");
          const reader = new EventReader();
          const found: unknown[] = [];
          for (let at = 0; at < text.length;) {
            const size = sizes.next().value;
            found.push(...reader.read(text.slice(at, at + size)));
            at += size;
          }
          expect(found).toEqual(events.map(([id, data]) => ({ id: String(id), data })));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("is a state or is refused, and never more than there may be", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        try {
          expect(readSnapshot(json).revision).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 100 },
    );
    const long = "x".repeat(100_000);
    const reader = new EventReader();
    expect(() => {
      for (let times = 0; times < 10; times += 1) reader.read(`data: ${long}`);
    }).toThrow("too long");
    expect(() => readSnapshot(" ".repeat(300_000))).toThrow("more than");
  });
});
