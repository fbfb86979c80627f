import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { Random } from "../../test/alert-stream/random.ts";
import { startProgram } from "../../test/program.ts";
import type { Program } from "../../test/program.ts";
import { testDatabase } from "../../test/records.ts";
import { systemClock } from "../model/index.ts";
import { putSubscriber } from "../store/index.ts";
import { connectRecords } from "../store/postgres/connect.ts";
import { createControls } from "./controls/controls.ts";
import { createIncidents } from "./incidents/incidents.ts";
import { createStatusPage } from "./status-page/status-page.ts";

/** `RESPOND_KILLS=20 npx vitest run …` for more blows. */
const KILLS = Number(process.env["RESPOND_KILLS"] ?? 2);
const SUBSCRIBERS = 4;
const HOUR = 3_600_000;
const GENEROUS = { timeout: 180_000, interval: 200 };
const place = { service: "shop", environment: "production" };

it(
  "tells subscribers, keeps plans, reminds and puts controls back, each once, with two servers that are killed",
  { timeout: 300_000 + KILLS * 30_000 },
  async () => {
    const { socketDir, database } = await testDatabase();
    const records = await connectRecords({ socketDir, database }, { maxConnections: 4 });
    onTestFinished(() => records.close());
    const folder = await mkdtemp(join(tmpdir(), "seaworthy-respond-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    /** How often each message arrived, by its path and key. */
    const arrived = new Map<string, number>();
    const receiver = createServer((request, response) => {
      request.resume();
      const id = `${request.url} ${String(request.headers["idempotency-key"])}`;
      arrived.set(id, (arrived.get(id) ?? 0) + 1);
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;

    const log = pino({ level: "silent" });
    const common = { records, clock: systemClock, log, announce: () => {} };
    // This one commands, and does nothing by itself.
    const page = createStatusPage({
      ...common,
      url: "http://localhost/status",
      config: { email: undefined, telephone: undefined, allowPrivateAddresses: true },
      probes: { upShare: () => Promise.resolve(undefined), days: () => Promise.resolve([]) },
      severityOf: () => undefined,
      snapshotFile: join(folder, "unused.json"),
      publish: () => {},
    });
    const controls = createControls(common);
    const incidents = createIncidents(common);
    const ana = { name: "ana@sea.test", personId: null, isPerson: true };
    await controls.addService(ana, place);
    await controls.define(ana, place, "load", {
      range: { kind: "number", min: 0, max: 1_000_000 },
      normal: 0,
      description: "",
      dangerous: false,
      twoPerson: "never",
    });
    const reachable = async (name: string, severity: string): Promise<string> => {
      const { id } = await records.db
        .insertInto("users")
        .values({ email: `${name}@sea.test`, name, role: "admin" })
        .returning("id")
        .executeTakeFirstOrThrow();
      await records.db
        .insertInto("contact_methods")
        .values({
          id: randomUUID(),
          user_id: id,
          kind: "webhook",
          address: `${address}/${name}`,
          severities: JSON.stringify([severity]),
          quiet: null,
          created_at: new Date(),
        })
        .execute();
      return id;
    };
    await reachable("ana", "P1");
    // Is kept informed of each incident, and reminded of none.
    const ben = await reachable("ben", "P3");
    const now = new Date();
    for (let index = 0; index < SUBSCRIBERS; index += 1) {
      await records.transaction((tx) =>
        putSubscriber(tx, {
          id: randomUUID(),
          kind: "webhook",
          address: `${address}/subscriber-${index}`,
          state: "confirmed",
          requestedAt: now,
          requests: 1,
          confirmedAt: now,
          createdAt: now,
        }),
      );
    }

    const random = new Random(11);
    /** Changes of the control that a server has said to be made. */
    const acknowledged = new Set<string>();
    let started = 0;
    const start = async (): Promise<Program> => {
      started += 1;
      const file = new URL("../../test/programs/respond.ts", import.meta.url);
      const snapshot = join(folder, `${started}.json`);
      const program = startProgram(file, [socketDir, database, snapshot, `server${started}`]);
      expect(await program.nextLine()).toBe("ready");
      void (async () => {
        for (;;) acknowledged.add((await program.nextLine()).replace("set ", ""));
      })().catch(() => {});
      return program;
    };
    const programs = await Promise.all([start(), start()]);
    let ended = 0;
    for (let kill = 0; kill <= KILLS; kill += 1) {
      const post = { impact: "minor", components: [], incidentId: null, tell: true } as const;
      const open = { ...post, kind: "incident", startsAt: null, endsAt: null, body: "" } as const;
      await page.announce("ana", { ...open, title: `Slow ${kill}`, state: "investigating" });
      const at = systemClock.now();
      await page.announce("ana", {
        ...post,
        kind: "maintenance",
        title: `Work ${kill}`,
        state: "scheduled",
        body: "",
        startsAt: at + 100 + random.below(300),
        endsAt: at + 500 + random.below(500),
      });
      ended += 1;
      const given = { title: `Over ${kill}`, severity: "P1", service: null } as const;
      const { incident } = await incidents.open("ana@sea.test", given);
      await incidents.subscribe("ana@sea.test", incident.id, ben, true);
      await incidents.resolve("ana@sea.test", incident.id);
      await records.db
        .updateTable("incident_news")
        .set({ next_at: new Date(at) })
        .execute();
      await records.db
        .updateTable("incidents")
        .set({ resolved_at: new Date(at - 25 * HOUR) })
        .where("id", "=", incident.id)
        .execute();
      if (kill === KILLS) break;
      // Anywhere in what they do; what is asserted does not depend on where.
      await sleep(random.below(600));
      const which = random.below(2);
      await programs[which]?.kill();
      programs[which] = await start();
    }

    const planned = () =>
      records.db
        .selectFrom("status_posts")
        .select("id")
        .where("kind", "=", "maintenance")
        .where("state", "!=", "completed")
        .execute();
    const untold = () =>
      records.db.selectFrom("status_notices").select("id").where("state", "!=", "sent").execute();
    const unheard = () =>
      records.db.selectFrom("incident_news").select("id").where("state", "!=", "sent").execute();
    const settled = () =>
      records.db
        .selectFrom("post_mortem_reminders")
        .select("id")
        .where("settled_at", "is not", null)
        .execute();
    await expect.poll(planned, GENEROUS).toEqual([]);
    await expect.poll(untold, GENEROUS).toEqual([]);
    await expect.poll(unheard, GENEROUS).toEqual([]);
    await expect.poll(settled, GENEROUS).toHaveLength(ended);
    for (const program of programs) await program.kill();
    // The last change of a control is put back by whoever is left.
    controls.start();
    onTestFinished(() => controls.stop());
    const value = async () => {
      await controls.settle();
      const { services } = await controls.list(place);
      return services[0]?.controls.find(({ name }) => name === "load")?.value;
    };
    await expect.poll(value, GENEROUS).toBe(0);

    // Plans: each begins and ends once.
    const updates = await records.db
      .selectFrom("status_updates")
      .innerJoin("status_posts", "status_posts.id", "status_updates.post_id")
      .select(["status_updates.id", "status_posts.title", "status_updates.state"])
      .execute();
    const said = updates.map(({ title, state }) => `${title} ${state}`).sort();
    const rounds = Array.from({ length: KILLS + 1 }, (_, round) => round);
    expect(said).toEqual(
      rounds
        .flatMap((round) => [
          `Slow ${round} investigating`,
          ...["scheduled", "in_progress", "completed"].map((state) => `Work ${round} ${state}`),
        ])
        .sort(),
    );
    // Notices: each update to each subscriber once, but for what a killed server had in hand.
    const notices = await records.db.selectFrom("status_notices").select("id").execute();
    expect(notices).toHaveLength(updates.length * SUBSCRIBERS);
    const told = [...arrived].filter(([id]) => id.startsWith("/subscriber-"));
    expect(new Set(told.map(([id]) => id.split(" ")[1]))).toEqual(
      new Set(notices.map(({ id }) => id)),
    );
    const repeats = told.reduce((sum, [, times]) => sum + times - 1, 0);
    expect(repeats).toBeLessThanOrEqual(KILLS * 20);
    // Reminders: one of each incident, under one key.
    const reminded = [...arrived.keys()].filter((id) => id.startsWith("/ana "));
    expect(reminded).toHaveLength(ended);
    const due = await records.db
      .selectFrom("incident_timeline")
      .select("incident_id")
      .where("kind", "=", "post_mortem")
      .execute();
    expect(due).toHaveLength(ended);
    expect(new Set(due.map((line) => line.incident_id)).size).toBe(ended);
    // News: one message of each incident, under one key.
    const heard = [...arrived.keys()].filter((id) => id.startsWith("/ben "));
    expect(heard).toHaveLength(ended);
    // Controls: what was acknowledged was made, once; each time that is over is put back once.
    const changes = await records.db
      .selectFrom("control_changes")
      .select(["reason", "actor", "was", "value"])
      .where("name", "=", "load")
      .orderBy("revision")
      .execute();
    const reasons = changes.map(({ reason }) => reason);
    expect(acknowledged.size).toBeGreaterThan(KILLS);
    for (const reason of acknowledged)
      expect(
        reasons.filter((each) => each === reason),
        reason,
      ).toHaveLength(1);
    const [, ...later] = changes;
    let before: unknown = 0;
    for (const change of later) {
      expect(change.was).toBe(before);
      if (change.actor === "system") expect(change.value).toBe(0);
      before = change.value;
    }
    expect(later.at(-1)).toMatchObject({ actor: "system", value: 0 });
    process.stderr.write(
      `${KILLS} kills: ${notices.length} notices (${repeats} sent again under their key), ${rounds.length} plans, ${ended} reminders, ${changes.length} changes of a control (${acknowledged.size} acknowledged)\n`,
    );
  },
);
