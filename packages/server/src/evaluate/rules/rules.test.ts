import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { alertingRule, groupOf, recordingRule, RulesRig } from "../../../test/rules-rig.ts";
import { testRecords } from "../../../test/records.ts";
import type { RuleGroup, RulesDeps } from "../index.ts";
import type { Records } from "../../store/index.ts";

const START = Date.UTC(2026, 0, 1);
const UP = { instance: "a", job: "shop" };
const DOWN = [{ labels: { __name__: "up", ...UP }, value: 0 }];

let records: Records;
let rig: RulesRig;

beforeAll(async () => {
  records = await testRecords();
});

afterAll(async () => {
  await records.close();
});

beforeEach(async () => {
  await records.db.deleteFrom("rule_alerts").execute();
});

afterEach(async () => {
  await rig.rules.stop();
});

async function run(groups: readonly RuleGroup[], overrides: Partial<RulesDeps> = {}) {
  rig = new RulesRig(records, START, overrides);
  await rig.rules.apply(groups);
  await rig.rules.start();
}

const shown = () =>
  rig.rules
    .groups()
    .flatMap((group) =>
      group.rules.flatMap((rule) =>
        rule.type === "alerting"
          ? rule.alerts.map(({ labels, state }) => `${labels["alertname"]} ${state}`)
          : [],
      ),
    );

describe("recording rules", () => {
  it("write the vector under their own name and labels, at the aligned time", async () => {
    await run([groupOf([recordingRule("job:up:sum", "sum(up)", { team: "a", instance: "" })])]);
    rig.answers.set("sum(up)", [{ labels: { __name__: "up", ...UP }, value: 3 }]);
    await rig.step();
    const at = rig.clock.now();
    expect(rig.takeWritten()).toEqual([`job:up:sum{job="shop",team="a"} 3 @${at}`]);
    expect(rig.asked).toEqual([{ query: "sum(up)", at }]);
    await rig.step();
    expect(rig.clock.now() - at).toBe(1000);
  });

  it("mark what they no longer make as ended, once", async () => {
    await run([groupOf([recordingRule("r", "x")])]);
    rig.answers.set("x", [
      { labels: { i: "1" }, value: 1 },
      { labels: { i: "2" }, value: 2 },
    ]);
    await rig.step();
    rig.takeWritten();
    rig.answers.set("x", [{ labels: { i: "2" }, value: 3 }]);
    await rig.step();
    expect(rig.takeWritten().map((line) => line.split(" @")[0])).toEqual([
      'r{i="2"} 3',
      'r{i="1"} stale',
    ]);
    await rig.step();
    expect(rig.takeWritten()).toHaveLength(1);
  });

  it("fail where two elements become one series, and over their limit; what was there stays", async () => {
    await run([groupOf([recordingRule("r", "x", { i: "one" })], { limit: 1 })]);
    rig.answers.set("x", [{ labels: { i: "1" }, value: 1 }]);
    await rig.step();
    rig.takeWritten();
    rig.answers.set("x", [
      { labels: { i: "1" }, value: 1 },
      { labels: { i: "2" }, value: 2 },
    ]);
    await rig.step();
    expect(rig.rules.groups()[0]?.rules[0]).toMatchObject({ health: "err" });
    expect(rig.rules.groups()[0]?.rules[0]?.lastError).toContain("same labelset");
    rig.answers.set("x", [
      { labels: { j: "1" }, value: 1 },
      { labels: { j: "2" }, value: 2 },
    ]);
    await rig.step();
    expect(rig.rules.groups()[0]?.rules[0]?.lastError).toBe("exceeded limit of 1 with 2 series");
    expect(rig.takeWritten()).toEqual([]);
    rig.answers.set("x", []);
    await rig.step();
    expect(rig.takeWritten().map((line) => line.split(" @")[0])).toEqual(['r{i="one"} stale']);
    expect(rig.rules.groups()[0]?.rules[0]).toMatchObject({ health: "ok", lastError: "" });
  });

  it("evaluate and stamp in the past where the group has an offset", async () => {
    await run([groupOf([recordingRule("r", "x")], { queryOffset: 30_000 })]);
    rig.answers.set("x", [{ labels: {}, value: 1 }]);
    await rig.step();
    const at = rig.clock.now() - 30_000;
    expect(rig.asked).toEqual([{ query: "x", at }]);
    expect(rig.takeWritten()).toEqual([`r{} 1 @${at}`]);
  });
});

describe("alerting rules", () => {
  const down = alertingRule("Down", "up == 0", {
    holdFor: 2000,
    labels: { severity: "critical", where: "{{ $labels.instance }}" },
    annotations: { summary: "{{ $labels.job }} is {{ $value }} in {{ $externalLabels.zone }}" },
  });
  const group = groupOf([down], { externalLabels: { zone: "z", job: "never" } });

  it("go from pending to firing to resolved, with their samples and what the router hears", async () => {
    await run([group]);
    rig.answers.set("up == 0", DOWN);
    await rig.step();
    const first = rig.clock.now();
    const labels = 'alertname="Down"';
    const rest = 'instance="a",job="shop",severity="critical",where="a"';
    const seconds = Math.floor(first / 1000);
    expect(rig.takeWritten()).toEqual([
      `ALERTS{${labels},alertstate="pending",${rest}} 1 @${first}`,
      `ALERTS_FOR_STATE{${labels},${rest}} ${seconds} @${first}`,
    ]);
    expect(rig.accepted).toEqual([]);
    await rig.step();
    expect(shown()).toEqual(["Down pending"]);
    await rig.step();
    expect(shown()).toEqual(["Down firing"]);
    const fired = first + 2000;
    expect(rig.takeWritten().slice(-3)).toEqual([
      `ALERTS{${labels},alertstate="firing",${rest}} 1 @${fired}`,
      `ALERTS_FOR_STATE{${labels},${rest}} ${seconds} @${fired}`,
      `ALERTS{${labels},alertstate="pending",${rest}} stale @${fired}`,
    ]);
    expect(rig.takeAccepted()).toEqual([
      {
        labels: {
          alertname: "Down",
          severity: "critical",
          where: "a",
          instance: "a",
          job: "shop",
          zone: "z",
        },
        annotations: { summary: "shop is 0 in z" },
        startsAt: fired,
        endsAt: fired + 240_000,
        generatorURL: "http://sw.example.com/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
      },
    ]);
    rig.answers.set("up == 0", []);
    await rig.step();
    expect(rig.takeAccepted()).toMatchObject([{ startsAt: fired, endsAt: fired + 1000 }]);
    expect(rig.takeWritten().map((line) => line.split(" ")[1])).toEqual(["stale", "stale"]);
    expect(shown()).toEqual([]);
  });

  it("tell the router of what goes on once in a resend delay, of what ended for a quarter of an hour", async () => {
    await run([groupOf([alertingRule("A", "x")], { interval: 30_000 })]);
    rig.answers.set("x", DOWN);
    await rig.step(5);
    expect(rig.takeAccepted()).toHaveLength(2);
    rig.answers.set("x", []);
    await rig.step();
    expect(rig.takeAccepted()).toHaveLength(1);
    await rig.step(40);
    const again = rig.takeAccepted();
    expect(again.length).toBeGreaterThan(5);
    expect(new Set(again.map(({ endsAt }) => endsAt)).size).toBe(1);
    await rig.step(10);
    expect(rig.takeAccepted()).toEqual([]);
    expect(await records.db.selectFrom("rule_alerts").selectAll().execute()).toEqual([]);
  });

  it("a router that fails loses nothing: firing and resolved are told at the next evaluation", async () => {
    await run([groupOf([alertingRule("A", "x")])]);
    rig.answers.set("x", DOWN);
    rig.routerFails = true;
    await rig.step(3);
    rig.routerFails = false;
    await rig.step();
    expect(rig.takeAccepted()).toHaveLength(1);
    rig.routerFails = true;
    rig.answers.set("x", []);
    await rig.step(3);
    rig.routerFails = false;
    await rig.step();
    const [resolved] = rig.takeAccepted();
    expect(resolved?.endsAt).toBe(rig.clock.now() - 3000);
  });

  it("are sent even though their samples cannot be written", async () => {
    await run([groupOf([alertingRule("A", "x")])]);
    rig.answers.set("x", DOWN);
    rig.storeFails = true;
    await rig.step();
    expect(rig.takeAccepted()).toHaveLength(1);
    expect(rig.rules.groups()[0]?.rules[0]).toMatchObject({
      health: "err",
      lastError: "the samples could not be written: the disk is full",
    });
  });

  it("have no effect before their state is durable", async () => {
    const broken = { fails: true };
    const guarded: Records = {
      ...records,
      transaction: (work) =>
        broken.fails ? Promise.reject(new Error("no connection")) : records.transaction(work),
    };
    await run([groupOf([alertingRule("A", "x")])], { records: guarded });
    rig.answers.set("x", DOWN);
    await rig.step(2);
    expect(rig.accepted).toEqual([]);
    expect(rig.written).toEqual([]);
    expect(rig.rules.groups()[0]?.rules[0]?.lastError).toBe(
      "the alerts' states could not be saved: no connection",
    );
    broken.fails = false;
    await rig.step();
    expect(rig.accepted).toHaveLength(1);
  });

  it("keep their state while their expression fails", async () => {
    await run([group]);
    rig.answers.set("up == 0", DOWN);
    await rig.step();
    rig.answers.set("up == 0", new Error("query timed out"));
    await rig.step();
    expect(rig.rules.groups()[0]?.rules[0]).toMatchObject({
      health: "err",
      lastError: "query timed out",
      state: "pending",
    });
    rig.answers.set("up == 0", DOWN);
    await rig.step();
    expect(shown()).toEqual(["Down firing"]);
  });

  it("start over without alerts when they make more than the group's limit", async () => {
    await run([groupOf([alertingRule("A", "x")], { limit: 1 })]);
    rig.answers.set("x", DOWN);
    await rig.step();
    rig.answers.set("x", [...DOWN, { labels: { instance: "b" }, value: 0 }]);
    await rig.step();
    expect(rig.rules.groups()[0]?.rules[0]).toMatchObject({
      lastError: "exceeded limit of 1 with 2 alerts",
      alerts: [],
    });
  });

  it("are refused when labels no longer tell alerts apart", async () => {
    await run([groupOf([alertingRule("A", "x", { labels: { instance: "same" } })])]);
    rig.answers.set("x", [...DOWN, { labels: { ...UP, instance: "b" }, value: 0 }]);
    await rig.step();
    expect(rig.rules.groups()[0]?.rules[0]?.lastError).toContain("same labelset");
  });

  it("are sent although a template fails, and their templates may query", async () => {
    const annotations = {
      broken: "{{ .Nope }}",
      asked: '{{ with query "count(up)" }}{{ . | first | value }}{{ end }}',
      link: "{{ externalURL }}/x",
    };
    await run([groupOf([alertingRule("A", "x", { annotations })])]);
    rig.answers.set("x", DOWN);
    rig.answers.set("count(up)", [{ labels: {}, value: 7 }]);
    await rig.step();
    const sent = rig.takeAccepted()[0]?.annotations;
    expect(sent).toMatchObject({ asked: "7", link: "http://sw.example.com/x" });
    expect(sent?.["broken"]).toMatch(
      /^<error expanding template: error executing template __alert_A: /,
    );
  });
});

describe("restarts", () => {
  const down = alertingRule("Down", "up == 0", { holdFor: 3000 });
  const group = groupOf([down]);

  it("a pending alert goes on where it stood, its end of an outage not counted", async () => {
    await run([group]);
    rig.answers.set("up == 0", DOWN);
    await rig.step(2);
    const pendingSince = rig.clock.now() - 1000;
    rig.answers.set('timestamp(ALERTS_FOR_STATE{alertname="Down"})', [
      { labels: { ...UP, alertname: "Down" }, value: rig.clock.now() / 1000 },
    ]);
    await rig.restart(20_000, [group]);
    await rig.step();
    expect(shown()).toEqual(["Down pending"]);
    const [alert] =
      rig.rules
        .groups()[0]
        ?.rules.flatMap((rule) => (rule.type === "alerting" ? rule.alerts : [])) ?? [];
    // One second was seen, and one interval of the outage counts as between any two evaluations.
    expect(alert?.activeAt).toBe(pendingSince + 20_000);
    await rig.step();
    expect(shown()).toEqual(["Down firing"]);
  });

  it("a pending alert starts over after an outage of more than an hour", async () => {
    await run([group]);
    rig.answers.set("up == 0", DOWN);
    await rig.step(2);
    await rig.restart(3_700_000, [group]);
    await rig.step();
    expect(rig.rules.groups()[0]?.rules).toMatchObject([
      { alerts: [{ activeAt: rig.clock.now() }] },
    ]);
  });

  it("a firing alert goes on, is told again, and keeps its start", async () => {
    await run([group]);
    rig.answers.set("up == 0", DOWN);
    await rig.step(4);
    const [before] = rig.takeAccepted();
    await rig.restart(5000, [group]);
    await rig.step();
    expect(rig.takeAccepted()).toMatchObject([
      { labels: before?.labels, startsAt: before?.startsAt },
    ]);
  });

  it("a firing alert is not over because data come back later than the rules", async () => {
    await run([group]);
    rig.answers.set("up == 0", DOWN);
    await rig.step(4);
    rig.takeAccepted();
    rig.answers.set("up == 0", []);
    await rig.restart(5000, [group]);
    await rig.step(9);
    expect(shown()).toEqual(["Down firing"]);
    const endings = () => rig.takeAccepted().filter(({ endsAt }) => endsAt <= rig.clock.now());
    expect(endings()).toEqual([]);
    await rig.step(2);
    expect(shown()).toEqual([]);
    expect(endings()).toHaveLength(1);
  });

  it("an end that the router has not heard of is told after the restart", async () => {
    await run([groupOf([alertingRule("A", "x")])]);
    rig.answers.set("x", DOWN);
    await rig.step();
    rig.answers.set("x", []);
    rig.routerFails = true;
    await rig.step();
    const resolvedAt = rig.clock.now();
    rig.routerFails = false;
    rig.takeAccepted();
    await rig.restart(5000, [groupOf([alertingRule("A", "x")])]);
    await rig.step();
    expect(rig.takeAccepted()).toMatchObject([{ endsAt: resolvedAt }]);
  });

  it("series of alerts that ended meanwhile are marked as ended", async () => {
    await run([group]);
    rig.answers.set("up == 0", DOWN);
    await rig.step();
    rig.takeWritten();
    rig.answers.set("up == 0", []);
    await rig.restart(4_000_000, [group]);
    await rig.step();
    expect(rig.takeWritten().map((line) => line.replace(/ @.*/, ""))).toEqual([
      'ALERTS{alertname="Down",alertstate="pending",instance="a",job="shop"} stale',
      'ALERTS_FOR_STATE{alertname="Down",instance="a",job="shop"} stale',
    ]);
  });

  it("writes nothing to the database but transitions", async () => {
    let transactions = 0;
    const counted: Records = {
      ...records,
      transaction: (work) => {
        transactions += 1;
        return records.transaction(work);
      },
    };
    await run([group], { records: counted });
    const before = transactions;
    rig.answers.set("up == 0", DOWN);
    await rig.step(20);
    expect(transactions - before).toBe(2);
  });
});

describe("reloads", () => {
  it("keep the state of rules that stay, and end the series of rules that go", async () => {
    const stays = alertingRule("Stays", "x", { holdFor: 3000 });
    const goes = recordingRule("goes", "y");
    await run([groupOf([stays, goes])]);
    rig.answers.set("x", DOWN);
    rig.answers.set("y", [{ labels: { i: "1" }, value: 1 }]);
    await rig.step(2);
    rig.takeWritten();
    const changed = alertingRule("Stays", "x", { holdFor: 3000, annotations: { summary: "new" } });
    await rig.rules.apply([groupOf([changed])]);
    await rig.step(2);
    expect(shown()).toEqual(["Stays firing"]);
    expect(rig.takeWritten().filter((line) => line.startsWith("goes"))).toEqual([
      expect.stringMatching(/^goes\{i="1"\} stale/),
    ]);
  });

  it("end the series of a group that loses all its rules", async () => {
    await run([groupOf([recordingRule("goes", "y")])]);
    rig.answers.set("y", [{ labels: {}, value: 1 }]);
    await rig.step();
    rig.takeWritten();
    await rig.rules.apply([groupOf([])]);
    await rig.step(2);
    expect(rig.takeWritten().map((line) => line.split(" @")[0])).toEqual(["goes{} stale"]);
  });

  it("end the series of a group that goes, and forget its states", async () => {
    await run([groupOf([alertingRule("A", "x")])]);
    rig.answers.set("x", DOWN);
    await rig.step();
    rig.takeWritten();
    await rig.rules.apply([]);
    expect(rig.takeWritten().map((line) => line.split(" ")[1])).toEqual(["stale", "stale"]);
    expect(rig.rules.groups()).toEqual([]);
    expect(rig.clock.next()).toBeUndefined();
    expect(await records.db.selectFrom("rule_alerts").selectAll().execute()).toEqual([]);
  });

  it("leave a group alone that has not changed", async () => {
    const make = () => [groupOf([alertingRule("A", "x", { annotations: { a: "{{ $value }}" } })])];
    await run(make());
    const planned = rig.clock.next();
    rig.clock.advance(300);
    await rig.rules.apply(make());
    expect(rig.clock.next()).toBe(planned);
  });
});

describe("the schedule", () => {
  it("counts evaluations that were missed and goes on with the latest", async () => {
    await run([groupOf([recordingRule("r", "x")])]);
    await rig.step();
    const last = rig.clock.now();
    const waiting = rig.clock.next() ?? 0;
    expect(waiting).toBe(last + 1000);
    await rig.sleep(4500);
    expect(rig.missed).toBe(3);
    expect(rig.asked.at(-1)?.at).toBe(last + 4000);
    await rig.step();
    expect(rig.asked.at(-1)?.at).toBe(last + 5000);
  });

  it("spreads groups over their interval, the same way each time", async () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const firsts = async () => {
      const times: number[] = [];
      for (const name of names) {
        await run([groupOf([], { name, interval: 60_000 })]);
        times.push((rig.clock.next() ?? 0) - START);
        await rig.rules.stop();
      }
      return times;
    };
    const times = await firsts();
    expect(await firsts()).toEqual(times);
    expect(new Set(times).size).toBe(names.length);
    for (const time of times) expect(time).toBeLessThanOrEqual(60_000);
  });
});

describe("rules over logs", () => {
  it("ask the logs, and lead to the log explorer", async () => {
    const expression = 'sum(rate({app="x"}[1m])) > 5';
    await run([groupOf([alertingRule("Loud", expression)], { language: "logql" })]);
    rig.answers.set(`logs: ${expression}`, [{ labels: { app: "x" }, value: 7 }]);
    await rig.step();
    expect(rig.takeAccepted()).toMatchObject([
      {
        labels: { alertname: "Loud", app: "x" },
        generatorURL:
          "http://sw.example.com/explore/logs?q=sum%28rate%28%7Bapp%3D%22x%22%7D%5B1m%5D%29%29+%3E+5",
      },
    ]);
    expect(rig.rules.groups()[0]?.language).toBe("logql");
  });
});
