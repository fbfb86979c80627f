import { describe, expect, it } from "vitest";
import { recorder } from "../../test/notify-rig.ts";
import { down, house, simple } from "../../test/router-rig.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A house of which `/hook` does not answer while `broken` says so; `/other` is the fallback. */
async function brokenHouse(answer: number, after = 5 * MINUTE) {
  const rig = await house();
  await rig.router.stop();
  const state = { broken: true };
  rig.receiver.answer = (response, { path }) =>
    response.writeHead(state.broken && path === "/hook" ? answer : 200).end();
  const fallback = { receiver: "other", after };
  const router = await rig.another({ fallback });
  const fire = (instance: string) =>
    router.accept([
      {
        labels: down(instance),
        annotations: {},
        startsAt: rig.clock.now(),
        endsAt: rig.clock.now() + 60 * MINUTE,
        generatorURL: "",
      },
    ]);
  const at = (path: string) => rig.receiver.received.filter((one) => one.path === path);
  return { ...rig, router, fire, at, state, fallback };
}

describe("the fallback receiver", () => {
  it("is told once when a receiver has not answered for long, and says why", async () => {
    const { fire, advance, at, state } = await brokenHouse(503);
    await fire("a");
    await advance(4 * MINUTE);
    expect(at("/other")).toEqual([]);
    await advance(4 * MINUTE);
    expect(at("/other")).toHaveLength(1);
    expect(at("/other")[0]?.body).toMatchObject({
      status: "firing",
      receiver: "other",
      commonAnnotations: { undelivered: expect.stringMatching(/^hook could not .* 503/) as string },
    });
    state.broken = false;
    await advance(10 * MINUTE);
    expect(at("/other")).toHaveLength(1);
    // The one who was meant hears of it as well, once it is back.
    expect(at("/hook").at(-1)?.body.status).toBe("firing");
  });

  it("is told at once when a receiver refuses for good", async () => {
    const { fire, advance, at } = await brokenHouse(404);
    await fire("a");
    await advance(20 * SECOND);
    expect(at("/other")).toHaveLength(1);
  });

  it("is told once by two servers, also when one of them is gone", async () => {
    const { fire, advance, at, router, another, fallback } = await brokenHouse(503, MINUTE);
    await fire("a");
    await advance(30 * SECOND);
    await another({ server: "second", fallback });
    await router.stop();
    await advance(10 * MINUTE);
    expect(at("/other")).toHaveLength(1);
  });

  it("has nobody behind it", async () => {
    const { receiver, fire, advance, at } = await brokenHouse(404);
    receiver.answer = 404;
    await fire("a");
    await advance(30 * SECOND);
    expect(at("/other")).toHaveLength(1);
  });
});

describe("the dead man's switch", () => {
  const watchdog = (now: number) => ({
    labels: { alertname: "Watchdog" },
    annotations: {},
    startsAt: now,
    endsAt: now + 4 * MINUTE,
    generatorURL: "",
  });

  it("tells the outside as long as the watchdog's alert comes in, and no longer", async () => {
    const outside = await recorder();
    const calls = outside.requests;
    const { router, another, clock, advance } = await house();
    await router.stop();
    const heartbeat = { url: `${outside.url}/ping`, interval: MINUTE };
    const alive = await another({ heartbeat });
    expect(await alive.watchdog()).toEqual({
      seenAt: undefined,
      configured: true,
      heartbeat: undefined,
    });
    await alive.accept([watchdog(clock.now())]);
    await advance(3 * MINUTE);
    expect(calls).toHaveLength(3);
    expect(await alive.watchdog()).toMatchObject({
      seenAt: clock.now() - 3 * MINUTE,
      heartbeat: { sentAt: new Date(clock.now()), error: null },
    });
    // Its alert is not repeated: it ends, and the outside hears nothing any more.
    await advance(10 * MINUTE);
    expect(calls).toHaveLength(3);
    expect(await alive.watchdog()).toMatchObject({
      seenAt: undefined,
      heartbeat: { error: expect.stringMatching(/Watchdog does not fire/) as string },
    });
  });

  it("remembers that the outside did not answer", async () => {
    const { router, another, clock, advance } = await house();
    await router.stop();
    const alive = await another({ heartbeat: { url: "http://127.0.0.1:1/", interval: MINUTE } });
    await alive.accept([watchdog(clock.now())]);
    await advance(MINUTE);
    expect((await alive.watchdog()).heartbeat).toMatchObject({
      sentAt: null,
      error: expect.stringMatching(/ECONNREFUSED|connect/) as string,
    });
  });
});

describe("receivers", () => {
  it("are tested by hand, and remember when they were reached last", async () => {
    const { router, receiver, clock, fire, advance } = await house((one) =>
      simple(one).replace(
        `- url: ${one.url}/hook`,
        `- url: ${one.url}/hook\n      - url: http://127.0.0.1:1/`,
      ),
    );
    expect((await router.receivers())[1]).toEqual({
      name: "other",
      integrations: [
        {
          integration: "webhook",
          index: 0,
          succeededAt: null,
          failedAt: null,
          error: null,
          testedAt: null,
        },
      ],
    });
    const results = await router.testReceiver("hook", "me");
    expect(results).toMatchObject([
      { integration: "webhook", index: 0, error: null },
      { integration: "webhook", index: 1, error: expect.any(String) as string },
    ]);
    expect(receiver.received[0]?.body).toMatchObject({
      status: "firing",
      groupLabels: { alertname: "TestPage", receiver: "hook" },
    });
    const now = new Date(clock.now());
    const [hook] = await router.receivers();
    expect(hook?.integrations).toMatchObject([
      { succeededAt: now, testedAt: now, error: null },
      { succeededAt: null, testedAt: now, failedAt: now, error: expect.any(String) as string },
    ]);
    await fire(down("a"));
    await advance(10 * SECOND);
    const [later] = await router.receivers();
    expect(later?.integrations[0]).toMatchObject({
      succeededAt: new Date(clock.now()),
      testedAt: now,
    });
    await expect(router.testReceiver("nobody", "me")).rejects.toMatchObject({
      code: "receiver_not_found",
      status: 404,
    });
  });
});
