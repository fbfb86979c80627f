import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { Random } from "../../../test/alert-stream/random.ts";
import { startProgram } from "../../../test/program.ts";
import type { Program } from "../../../test/program.ts";
import { pushBrowser } from "../../../test/push-browser.ts";
import { testDatabase } from "../../../test/records.ts";
import { systemClock } from "../../model/index.ts";
import { connectRecords } from "../../store/postgres/connect.ts";
import { createIncidents } from "../incidents/incidents.ts";
import { createContactBook } from "./contact-book.ts";
import { createPaging } from "./paging.ts";
import { createPolicies } from "./policies.ts";

/** `PAGING_KILLS=20 npx vitest run …` for more blows. */
const KILLS = Number(process.env["PAGING_KILLS"] ?? 3);
const INCIDENTS = 8;
const STEPS = 4;

it(
  "takes each step once and sends each page, with two servers that are killed",
  { timeout: 180_000 + KILLS * 30_000 },
  async () => {
    const { socketDir, database } = await testDatabase();
    const records = await connectRecords({ socketDir, database }, { maxConnections: 4 });
    onTestFinished(() => records.close());
    const arrived = new Map<string, number>();
    const receiver = createServer((request, response) => {
      request.resume();
      const id = String(request.headers["idempotency-key"]);
      arrived.set(id, (arrived.get(id) ?? 0) + 1);
      response.end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;

    const common = { records, clock: systemClock, announce: () => {} };
    const paging = createPaging({
      ...common,
      log: pino({ level: "silent" }),
      externalURL: "http://localhost",
      config: { email: undefined, telephone: undefined, allowPrivateAddresses: true },
    });
    const people = await records.db
      .insertInto("users")
      .values(
        ["ana", "ben"].map((name) => ({
          email: `${name}@sea.test`,
          name,
          role: "member" as const,
        })),
      )
      .returning("id")
      .execute();
    const contacts = createContactBook({ ...common, paging });
    const ways = [
      { kind: "webhook", address },
      { kind: "push", address: pushBrowser(address).subscription },
    ] as const;
    for (const [place, { id }] of people.entries()) {
      const way = ways[place] ?? ways[0];
      await contacts.add(
        { personId: id, actor: "test" },
        { ...way, severities: ["P1"], quiet: null, name: null },
      );
    }
    await createPolicies(common).create("test", {
      name: "Default",
      services: [],
      severities: ["P1"],
      steps: Array.from({ length: STEPS }, () => ({
        targets: people.map(({ id }) => ({ kind: "person" as const, id })),
        mode: "all" as const,
        wait: 300,
      })),
      repeats: 0,
      everyoneInTheEnd: false,
    });

    const random = new Random(5);
    const start = async (): Promise<Program> => {
      const program = startProgram(new URL("../../../test/programs/paging.ts", import.meta.url), [
        socketDir,
        database,
      ]);
      expect(await program.nextLine()).toBe("ready");
      return program;
    };
    const programs = await Promise.all([start(), start()]);
    const incidents = createIncidents({ ...common, paging });
    for (let opened = 0; opened < INCIDENTS; opened += 1) {
      await incidents.open("test", { title: `Down ${opened}`, severity: "P1", service: null });
    }
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Anywhere in a step; what is asserted does not depend on where.
      await sleep(random.below(400));
      const which = random.below(2);
      await programs[which]?.kill();
      programs[which] = await start();
    }
    const unsent = () =>
      records.db
        .selectFrom("escalations")
        .leftJoin("person_pages", (join) =>
          join
            .onRef("person_pages.incident_id", "=", "escalations.incident_id")
            .on("person_pages.state", "=", "waiting"),
        )
        .select("escalations.incident_id")
        .where((where) =>
          where.or([where("due_at", "is not", null), where("person_pages.id", "is not", null)]),
        )
        .execute();
    await expect.poll(unsent, { timeout: 120_000, interval: 200 }).toEqual([]);

    const pages = await records.db.selectFrom("person_pages").selectAll().execute();
    const steps = pages.map((page) =>
      [page.incident_id, page.round, page.step, page.user_id].join(),
    );
    expect(new Set(steps).size).toBe(INCIDENTS * STEPS * people.length);
    expect(steps).toHaveLength(INCIDENTS * STEPS * people.length);
    expect(pages.filter(({ state }) => state !== "sent")).toEqual([]);
    expect(new Set(arrived.keys())).toEqual(new Set(pages.map(({ id }) => id)));
    const repeats = [...arrived.values()].reduce((sum, times) => sum + times - 1, 0);
    // Only what a killed server had in hand is sent twice, and with the same key.
    expect(repeats).toBeLessThanOrEqual(KILLS * INCIDENTS * people.length);
    for (const program of programs) await program.kill();
  },
);
