import { describe, expect, it } from "vitest";
import type { Labels } from "../../model/index.ts";
import type { FiringRecord } from "../../store/index.ts";
import { down, house } from "../../../test/router-rig.ts";
import { noiseOf } from "./noise.ts";
import { suggestionsOf } from "./suggestions.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 0, 5, 12);

describe("the history of alerts", () => {
  it("has every firing once, with its end, over restarts and on two servers", async () => {
    const { router, another, clock, advance, fire, resolve } = await house();
    const firings = async () =>
      (await router.history.firings({ since: 0, limit: 10 })).map(
        ({ labels, startedAt, endedAt }) =>
          `${labels["instance"]} ${(startedAt - T0) / MINUTE} ${endedAt > clock.now() ? "fires" : (endedAt - T0) / MINUTE}`,
      );
    await fire(down("a"));
    await advance(10 * MINUTE);
    expect(await firings()).toEqual(["a 0 fires"]);
    await resolve(down("a"));
    // A sender repeats an end.
    await router.accept([
      { labels: down("a"), annotations: {}, startsAt: T0, endsAt: clock.now(), generatorURL: "" },
    ]);
    await advance(10 * MINUTE);
    await fire(down("a"));
    const second = await another({ server: "second" });
    await second.accept([
      {
        labels: down("a"),
        annotations: {},
        startsAt: clock.now(),
        endsAt: clock.now() + HOUR,
        generatorURL: "",
      },
    ]);
    // What was over when it was first heard of has not fired here.
    await router.accept([
      { labels: down("b"), annotations: {}, startsAt: T0, endsAt: T0 + MINUTE, generatorURL: "" },
    ]);
    expect(await firings()).toEqual(["a 20 fires", "a 0 10"]);
    expect(await router.history.firings({ name: "Up", since: 0, limit: 10 })).toEqual([]);
    const [last] = await router.history.lastFirings();
    expect(last).toEqual({ labels: down("a"), startedAt: T0 + 20 * MINUTE });
  });

  it("says what alerts have cost, and whether somebody acted", async () => {
    const { router, clock, advance, fire, resolve } = await house();
    await fire(down("a"));
    await fire(down("b"));
    await advance(10 * SECOND);
    await resolve(down("a"));
    await advance(5 * MINUTE);
    await fire({ alertname: "Slow", instance: "c" });
    await advance(10 * SECOND);
    const read = () => router.history.noise({ since: T0 - HOUR, now: clock.now() });
    expect(await read()).toMatchObject({
      // One of two is over: what is told then says that the other one fires.
      pages: 3,
      actedOn: 0,
      alerts: [
        { name: "Down", labelSets: 2, firings: 2, pages: 2, actedOn: 0, receivers: ["hook"] },
        { name: "Slow", firings: 1, pages: 1, actedOn: 0 },
      ],
    });
    await router.silences.set(
      {
        matchers: [{ name: "alertname", operator: "=", value: "Slow" }],
        startsAt: clock.now(),
        endsAt: clock.now() + HOUR,
        createdBy: "ada",
        comment: "known",
        annotations: {},
      },
      "ada",
    );
    const slow = (await read()).alerts.find(({ name }) => name === "Slow");
    expect(slow).toMatchObject({ pages: 1, actedOn: 1 });
  });

  it("counts time within the window, and a page for every name in it", () => {
    const firing = (name: string, from: number, to: number): FiringRecord => ({
      fingerprint: name,
      labels: { alertname: name },
      startedAt: from,
      endedAt: to,
    });
    const report = noiseOf(
      [firing("A", -HOUR, HOUR), firing("B", 0, 10 * HOUR), firing("Watchdog", 0, 9)],
      [
        { receiver: "r", fingerprints: ["A", "B"], decidedAt: 1, handled: true },
        { receiver: "s", fingerprints: ["B"], decidedAt: 2, handled: false },
        { receiver: "s", fingerprints: ["gone"], decidedAt: 2, handled: false },
      ],
      [],
      { since: 0, now: 2 * HOUR },
    );
    expect(report).toMatchObject({
      pages: 2,
      actedOn: 1,
      alerts: [
        { name: "B", pages: 2, actedOn: 1, firingFor: 2 * HOUR, receivers: ["r", "s"] },
        { name: "A", pages: 1, actedOn: 1, firingFor: HOUR, receivers: ["r"] },
      ],
    });
  });
});

describe("suggested inhibitions", () => {
  const firing = (labels: Labels, from: number, minutes = 10): FiringRecord => ({
    fingerprint: JSON.stringify(labels),
    labels,
    startedAt: from,
    endedAt: from + minutes * MINUTE,
  });
  /** The database goes down, and its service's queries are slow a little before or after. */
  const outage = (n: number, service = "shop") => [
    firing({ alertname: "DatabaseDown", service, severity: "critical" }, n * HOUR),
    firing(
      { alertname: "Slow", service, severity: "warning", route: `/${n}` },
      n * HOUR + (n % 2 === 0 ? MINUTE : -MINUTE),
    ),
  ];
  const outages = [1, 2, 3, 4].flatMap((n) => outage(n));

  it("come from what only ever happens together, the worse alert as the cause", () => {
    expect(suggestionsOf(outages, [])).toEqual([
      {
        source: "DatabaseDown",
        target: "Slow",
        equal: ["service"],
        together: 4,
        targetFirings: 4,
      },
    ]);
  });

  it("are not made of what happens elsewhere, too rarely, alone as well, or is covered", () => {
    const apart = outages.map((one) =>
      one.labels["alertname"] === "Slow"
        ? firing({ ...one.labels, service: "till" }, one.startedAt)
        : one,
    );
    expect(suggestionsOf(apart, [])).toEqual([]);
    expect(suggestionsOf(outages.slice(0, 4), [])).toEqual([]);
    const alone = [5, 6].map((n) => firing({ alertname: "Slow", service: "shop" }, n * HOUR + 1));
    expect(suggestionsOf([...outages, ...alone], [])).toEqual([]);
    const rule = {
      name: "",
      source: [{ name: "alertname", operator: "=" as const, value: "DatabaseDown" }],
      target: [{ name: "severity", operator: "=" as const, value: "warning" }],
      equal: ["service"],
    };
    expect(suggestionsOf(outages, [rule])).toEqual([]);
  });
});
