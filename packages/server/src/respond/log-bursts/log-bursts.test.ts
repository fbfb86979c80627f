import { pino } from "pino";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../../../test/manual-clock.ts";
import { testRecords } from "../../../test/records.ts";
import { saveIncidentServices } from "../../store/index.ts";
import type { Records } from "../../store/index.ts";
import { createIncidents } from "../incidents/incidents.ts";
import { createLogBursts } from "./log-bursts.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1, 12);
let records: Records;
beforeAll(async () => {
  records = await testRecords();
  return () => records.close();
});

/** Error lines by service and minute after START, as they are written; and the server that looks at them. */
function world() {
  const clock = new ManualClock(START);
  const lines = new Map<string, Map<number, number>>();
  const logged: string[] = [];
  const announced: string[] = [];
  const asked = { counts: 0, shapes: [] as string[] };
  let failure: Error | undefined;
  const log = pino({ level: "warn" }, { write: (line: string) => void logged.push(line) });
  const server = () => {
    const bursts = createLogBursts({
      records,
      clock,
      log,
      announce: ({ topic }) => void announced.push(topic),
      serviceLabels: ["service"],
      errorLogs: {
        async perMinute(services, since, minutes) {
          asked.counts += 1;
          if (failure !== undefined) throw failure;
          const first = (since - START) / MINUTE;
          return new Map(
            services.map((service) => [
              service,
              Array.from({ length: minutes }, (_, i) => lines.get(service)?.get(first + i) ?? 0),
            ]),
          );
        },
        async mostFrequent(service, since, until) {
          asked.shapes.push(`${service} ${(since - START) / MINUTE} ${(until - START) / MINUTE}`);
          if (service === "unread") throw new Error("took too long");
          return "no answer from <_>";
        },
        page: (service, since, until) =>
          `/logs/${service}/${(since - START) / MINUTE}/${(until - START) / MINUTE}`,
      },
    });
    bursts.start();
    onTestFinished(() => bursts.stop());
    return bursts;
  };
  const incidents = createIncidents({ records, clock, announce: () => {} });
  return {
    clock,
    logged,
    announced,
    asked,
    server,
    incidents,
    fail: (error: Error | undefined) => void (failure = error),
    /** Writes error lines in minutes from `first` on. */
    write: (service: string, first: number, ...counts: number[]) => {
      const own = lines.get(service) ?? new Map<number, number>();
      lines.set(service, own);
      counts.forEach((count, i) => own.set(first + i, count));
    },
    open: async (service: string) =>
      (await incidents.open("ann", { title: "Fails", severity: "P1", service })).incident,
    /** The bursts on an incident's timeline: minute, words, link. */
    told: async (id: string) => {
      const { timeline } = await incidents.get(id);
      return timeline
        .filter(({ kind }) => kind === "log_burst")
        .map(({ at, text, detail }) => [(+at - START) / MINUTE, text, detail?.url]);
    },
  };
}

it("is one entry from before the incident on, written anew while it goes on; after a calm another one", async () => {
  const { clock, write, open, told, server, asked, announced } = world();
  write("shop", -70, ...Array.from({ length: 60 }, () => 2));
  write("shop", -10, 30, 50);
  write("other", -10, 500);
  const { id } = await open("shop");
  const bursts = server();
  await bursts.settle();
  const shape = "; most often “no answer from <_>”";
  const words = (what: string) => `Burst of error lines of shop: ${what} a minute${shape}`;
  const first = [-10, words("80 in 2 minutes, 20 times the usual 2"), "/logs/shop/-15/-3"];
  expect(await told(id)).toEqual([first]);
  expect(announced).toHaveLength(1);
  await bursts.settle();
  expect(announced).toHaveLength(1);

  write("shop", 1, 100, 20);
  clock.advance(2 * MINUTE + 1);
  await bursts.settle();
  expect(await told(id)).toEqual([
    first,
    [1, words("120 in 2 minutes, 36 times the usual 1.7"), "/logs/shop/-4/8"],
  ]);
  write("shop", 3, 200);
  clock.advance(MINUTE);
  await bursts.settle();
  const second = [1, words("320 in 3 minutes, 63 times the usual 1.7"), "/logs/shop/-4/9"];
  expect(await told(id)).toEqual([first, second]);
  clock.advance(10 * MINUTE);
  await bursts.settle();
  expect(await told(id)).toEqual([first, second]);
  // Each is looked into when it is found and when it is over.
  expect(asked.shapes).toEqual(["shop -10 -8", "shop 1 3", "shop 1 4"]);
});

it("stays one entry when lines that came late move its beginning", async () => {
  const { clock, write, open, told, server } = world();
  write("late", 3, 100);
  const { id } = await open("late");
  clock.advance(4 * MINUTE);
  const bursts = server();
  await bursts.settle();
  write("late", 1, 40, 0);
  clock.advance(MINUTE);
  await bursts.settle();
  expect(await told(id)).toMatchObject([
    [1, expect.stringContaining("140 in 3 minutes, usually there are none"), "/logs/late/-4/9"],
  ]);
});

it("is told of all services of the incident, and once by two servers at once", async () => {
  const { write, open, told, server, asked } = world();
  for (const service of ["cart", "mail", "unread"]) write(service, -3, 25);
  const { id } = await open("cart");
  await records.transaction((tx) => saveIncidentServices(tx, id, ["mail", "unread"]));
  const servers = [server(), server(), server()];
  await Promise.all(servers.map((one) => one.settle()));
  expect(asked.counts).toBeGreaterThanOrEqual(3);
  const words = (await told(id)).map(([, text]) => text);
  expect(words).toHaveLength(3);
  expect(new Set(words)).toEqual(
    new Set([
      "Burst of error lines of cart: 25 in a minute, usually there are none; most often “no answer from <_>”",
      "Burst of error lines of mail: 25 in a minute, usually there are none; most often “no answer from <_>”",
      "Burst of error lines of unread: 25 in a minute, usually there are none",
    ]),
  );
  // The database itself takes none twice.
  await expect(
    records.db
      .updateTable("incident_log_bursts")
      .set({ service: "cart" })
      .where("incident_id", "=", id)
      .execute(),
  ).rejects.toThrow("incident_log_bursts_incident_id_service_started_at_key");
});

it("is not told of an incident that is closed or a day old, and moves with what is merged", async () => {
  const { clock, write, open, told, server, incidents, asked } = world();
  const closed = await open("gone");
  await incidents.resolve("ann", closed.id);
  const old = await open("old");
  clock.advance(24 * 60 * MINUTE);
  const young = await open("young");
  const into = await open("into");
  for (const service of ["gone", "old", "young"]) write(service, 24 * 60, 100);
  clock.advance(MINUTE);
  const bursts = server();
  await bursts.settle();
  expect(await told(closed.id)).toEqual([]);
  expect(await told(old.id)).toEqual([]);
  expect(await told(young.id)).toHaveLength(1);
  await incidents.merge("ann", young.id, into.id);
  write("young", 24 * 60 + 1, 150);
  await bursts.settle();
  expect(await told(young.id)).toEqual([]);
  expect(await told(into.id)).toMatchObject([
    [24 * 60, expect.stringContaining("250 in 2 minutes"), expect.anything()],
  ]);
  await incidents.resolve("ann", into.id);
  write("young", 24 * 60 + 2, 150);
  const before = asked.counts;
  await bursts.settle();
  expect(await told(into.id)).toMatchObject([
    [24 * 60, expect.stringContaining("250 in"), expect.anything()],
  ]);
  expect(asked.counts).toBe(before);
});

it("is found at the next look where the logs did not answer", async () => {
  const { clock, write, open, told, server, fail, logged } = world();
  write("dumb", -1, 100);
  const { id } = await open("dumb");
  fail(new Error("ClickHouse is away"));
  const bursts = server();
  await bursts.settle();
  expect(await told(id)).toEqual([]);
  expect(logged.join("")).toMatch(
    /ClickHouse is away.*bursts of log lines could not be looked for/,
  );
  fail(undefined);
  clock.advance(30_000);
  await bursts.settle();
  expect(await told(id)).toHaveLength(1);
});
