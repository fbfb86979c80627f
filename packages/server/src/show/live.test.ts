import { afterEach, describe, expect, it } from "vitest";
import { BOOTSTRAP, testServer, watch } from "../../test/http.ts";
import type { TestServer } from "../../test/http.ts";
import { ManualClock } from "../../test/manual-clock.ts";

const ADMIN = { authorization: `Bearer ${BOOTSTRAP}` };

let server: TestServer;
afterEach(() => server.close());
const change = (data: unknown) => `event: change\ndata: ${JSON.stringify(data)}`;

describe("live updates", () => {
  it("tell at once, then gather bursts by topic", async () => {
    const clock = new ManualClock(Date.now());
    server = await testServer({ clock });
    const stream = await watch(server.url);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await stream.next()).toBe(": connected");
    const { announce } = server.live;
    announce({ topic: "incidents", id: "1" });
    announce({ topic: "incidents", id: "2" });
    announce({ topic: "incidents", id: "3" });
    announce({ topic: "alerts" });
    for (let n = 0; n < 100; n += 1) announce({ topic: "targets", id: "same" });
    expect(await stream.next()).toBe(change({ topic: "incidents", id: "1" }));
    expect(await stream.next()).toBe(change({ topic: "alerts" }));
    expect(await stream.next()).toBe(change({ topic: "targets", id: "same" }));
    clock.advance(200);
    expect(await stream.next()).toBe(change({ topic: "incidents" }));
    expect(await stream.next()).toBe(change({ topic: "targets", id: "same" }));
    clock.advance(200);
    announce({ topic: "incidents", id: "4" });
    expect(await stream.next()).toBe(change({ topic: "incidents", id: "4" }));
    await stream.stop();
  });

  it("reach a watcher when an incident opens, and after the commit only", async () => {
    server = await testServer();
    const stream = await watch(server.url);
    await stream.next();
    const { incident } = await server.incidents.open("p", {
      title: "The till is slow",
      severity: "P2",
      service: null,
    });
    expect(await stream.next()).toBe(change({ topic: "incidents", id: incident.id }));
    await stream.stop();
  });

  it("give signs of life, and end with the session", async () => {
    const clock = new ManualClock(Date.now());
    server = await testServer({ clock });
    const cookie = await server.session();
    const stream = await watch(server.url, { cookie });
    await stream.next();
    clock.advance(15_000);
    expect(await stream.next()).toBe("event: ping\ndata: {}");
    const origin = server.url;
    await fetch(`${server.url}/api/session`, { method: "DELETE", headers: { cookie, origin } });
    clock.advance(15_000);
    expect(await stream.next()).toBeUndefined();
  });

  it("are for a bounded number, and make room when one leaves", async () => {
    server = await testServer({ limits: { watchers: 2 } });
    const first = await watch(server.url);
    const second = await watch(server.url);
    await Promise.all([first.next(), second.next()]);
    const third = await fetch(`${server.url}/api/live`, { headers: ADMIN });
    expect(await third.json()).toMatchObject({ status: 503, code: "too_many_watchers" });
    await first.stop();
    await expect.poll(() => server.live.watchers).toBe(1);
    const fourth = await watch(server.url);
    expect(await fourth.next()).toBe(": connected");
    await Promise.all([second.stop(), fourth.stop()]);
  });

  it("end when the server closes", async () => {
    server = await testServer();
    const stream = await watch(server.url);
    await stream.next();
    await server.http.close();
    expect(await stream.next()).toBeUndefined();
  });
});
