import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { down, house, simple } from "../../test/router-rig.ts";
import { systemClock } from "../model/index.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("exactly once", () => {
  it("tells incidents once for each change, whatever the number of receivers", async () => {
    const { fire, resolve, advance, told } = await house((receiver) =>
      simple(receiver).replace(
        "  - name: hook\n    webhook_configs:",
        `  - name: hook\n    webhook_configs:\n      - url: ${receiver.url}/second`,
      ),
    );
    await fire(down("a"));
    await advance(3 * MINUTE);
    await fire(down("b"));
    await advance(3 * MINUTE);
    await resolve(down("a"));
    await advance(3 * MINUTE);
    const seen = told.map((group) =>
      group.alerts.map((a) => `${a.labels["instance"]}:${a.status}`),
    );
    expect(seen).toEqual([["a:firing"], ["a:firing", "b:firing"], ["b:firing", "a:resolved"]]);
  });

  it("neither repeats nor forgets when another process goes on", async () => {
    const first = await house();
    await first.fire(down("a"));
    await first.advance(5 * SECOND);
    await first.router.stop();
    const second = await first.another();
    await first.advance(4 * SECOND);
    expect(first.arrived()).toEqual([]);
    await first.advance(1 * SECOND);
    expect(first.arrived()).toEqual(["/hook firing a:firing"]);
    await second.stop();
    const third = await first.another();
    await first.advance(10 * MINUTE);
    expect(first.arrived()).toHaveLength(1);
    await third.accept([
      {
        labels: down("a"),
        annotations: {},
        startsAt: 0,
        endsAt: first.clock.now(),
        generatorURL: "",
      },
    ]);
    await third.stop();
    await first.another();
    await first.advance(MINUTE);
    expect(first.arrived().slice(1)).toEqual(["/hook resolved a:resolved"]);
    expect(first.told.map((group) => group.status)).toEqual(["firing", "resolved"]);
  });

  it("pages once when two servers over one database have the same alerts", async () => {
    const { fire, advance, arrived, another, clock, told } = await house();
    const other = await another({ server: "second" });
    await fire(down("a"));
    const endsAt = clock.now() + HOUR;
    await other.accept([
      { labels: down("a"), annotations: {}, startsAt: clock.now(), endsAt, generatorURL: "" },
    ]);
    await advance(10 * MINUTE);
    expect(arrived()).toEqual(["/hook firing a:firing"]);
    expect(told).toHaveLength(1);
  });

  it("does not page for what another server knows to be over", async () => {
    const { fire, advance, arrived, another, clock, router } = await house();
    const other = await another({ server: "second" });
    const startsAt = clock.now();
    const alert = (endsAt: number) => ({
      labels: down("a"),
      annotations: {},
      startsAt,
      endsAt,
      generatorURL: "",
    });
    await fire(down("a"));
    await other.accept([alert(startsAt + HOUR)]);
    await advance(2 * MINUTE);
    // One server alone hears of the end; the other still has the alert firing for an hour.
    await other.accept([alert(clock.now())]);
    await advance(10 * MINUTE);
    expect(arrived()).toEqual(["/hook firing a:firing", "/hook resolved a:resolved"]);
    expect(router.alerts()).toEqual([]);
  });

  it("pages once when servers decide at the same moment", async () => {
    const {
      records,
      receiver,
      told,
      another,
      router: first,
    } = await house((one) => simple(one).replace("group_wait: 10s", "group_wait: 100ms"));
    await first.stop();
    const servers = await Promise.all(
      ["a", "b", "c"].map((server) => another({ server, clock: systemClock })),
    );
    const startsAt = Date.now();
    const alerts = Array.from({ length: 20 }, (_, index) => ({
      labels: { alertname: `Down${index}`, instance: "a" },
      annotations: {},
      startsAt,
      endsAt: startsAt + HOUR,
      generatorURL: "",
    }));
    await Promise.all(servers.map((server) => server.accept(alerts)));
    await receiver.arrived(alerts.length);
    // Whoever came second has found the group told; nothing more is on its way.
    for (const server of servers) await server.stop();
    const groups = receiver.received.map(({ body }) => body.groupKey);
    expect(groups).toHaveLength(alerts.length);
    expect(new Set(groups).size).toBe(alerts.length);
    expect(told).toHaveLength(alerts.length);
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from notifications`.execute(
      records.db,
    );
    expect(rows[0]?.n).toBe(alerts.length);
  });

  it("keeps the order of a group's notifications over servers, also when one of them dies", async () => {
    const { fire, advance, receiver, arrived, another, clock } = await house();
    receiver.answer = 503;
    await fire(down("a"));
    await advance(10 * SECOND);
    const tries = receiver.received.length;
    expect(tries).toBeGreaterThan(0);
    const other = await another({ server: "other" });
    const endsAt = clock.now() + HOUR;
    const both = ["a", "b"].map((instance) => ({
      labels: down(instance),
      annotations: {},
      startsAt: clock.now(),
      endsAt,
      generatorURL: "",
    }));
    await other.accept(both);
    await advance(MINUTE);
    // The second is decided on, but the first server still holds the first.
    expect((await other.notifications(5)).map((one) => one.state)).toEqual(["waiting", "waiting"]);
    expect(new Set(receiver.received.map(({ body }) => body.alerts.length))).toEqual(new Set([1]));
    receiver.answer = 200;
    const before = receiver.received.length;
    await advance(3 * MINUTE);
    expect(arrived().slice(before)).toEqual([
      "/hook firing a:firing",
      "/hook firing a:firing b:firing",
    ]);
  });

  it("rolls the page back when its incident cannot be written, and tries again", async () => {
    const { fire, arrived, advance, another, router } = await house();
    await router.stop();
    let broken = true;
    const flaky = await another({
      incidents: {
        async groupsChanged() {
          if (broken) throw new Error("no room");
        },
      },
    });
    await expect(fire(down("a"))).rejects.toThrow(/not taken/);
    await flaky.accept([{ labels: down("a"), annotations: {}, startsAt: 0, generatorURL: "" }]);
    await advance(20 * SECOND);
    expect(arrived()).toEqual([]);
    broken = false;
    await advance(2 * SECOND);
    expect(arrived()).toEqual(["/hook firing a:firing"]);
  });

  it("records the others when the records refuse what was delivered with them", async () => {
    const { fire, advance, arrived, records, router } = await house();
    await sql`
      create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'no room for this one'; end $$`.execute(records.db);
    await sql`
      create trigger refused before update on notifications for each row
        when (new.state = 'sent' and new.group_labels like '%"bad"%')
        execute function refuse()`.execute(records.db);
    for (const name of ["bad", "b", "c"]) await fire({ alertname: name, instance: name });
    await advance(20 * SECOND);
    expect(arrived().map((line) => line.split(" ")[2])).toEqual(
      expect.arrayContaining(["bad:firing", "b:firing", "c:firing"]),
    );
    const states = async () =>
      (await router.notifications(10)).map(
        ({ groupLabels, state }) => `${groupLabels["alertname"]} ${state}`,
      );
    expect((await states()).sort()).toEqual(["b sent", "bad waiting", "c sent"]);
    await sql`drop trigger refused on notifications`.execute(records.db);
    await advance(5 * MINUTE);
    expect((await states()).sort()).toEqual(["b sent", "bad sent", "c sent"]);
    expect(arrived()).toHaveLength(3);
  });
});
