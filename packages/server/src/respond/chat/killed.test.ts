import { expect, it, onTestFinished } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { Random } from "../../../test/alert-stream/random.ts";
import { FakeSlack } from "../../../test/fake-slack.ts";
import { startProgram } from "../../../test/program.ts";
import type { Program } from "../../../test/program.ts";
import { testDatabase } from "../../../test/records.ts";
import { systemClock } from "../../model/index.ts";
import { connectRecords } from "../../store/postgres/connect.ts";
import { createIncidents } from "../incidents/incidents.ts";

/** `CHAT_KILLS=20 npx vitest run …` for more blows. */
const KILLS = Number(process.env["CHAT_KILLS"] ?? 1);
const INCIDENTS = 3;
const GENEROUS = { timeout: 120_000, interval: 100 };

it(
  "posts each message once, and makes each channel once, with two servers that are killed",
  { timeout: 180_000 + KILLS * 30_000 },
  async () => {
    const { socketDir, database } = await testDatabase();
    const records = await connectRecords({ socketDir, database }, { maxConnections: 2 });
    onTestFinished(() => records.close());
    const slack = await FakeSlack.start();
    onTestFinished(() => slack.close());
    const common = slack.addChannel("C0COMMON", "incidents");
    const start = async (): Promise<Program> => {
      const file = new URL("../../../test/programs/chat.ts", import.meta.url);
      const program = startProgram(file, [socketDir, database, slack.url]);
      expect(await program.nextLine()).toBe("ready");
      return program;
    };
    const programs = await Promise.all([start(), start()]);
    // Incidents from before the chat was known are not told.
    const known = () => records.db.selectFrom("chat_places").selectAll().execute();
    await expect.poll(known, GENEROUS).toHaveLength(1);
    const random = new Random(7);
    const incidents = createIncidents({ records, clock: systemClock, announce: () => {} });
    const notes: string[] = [];
    for (let kill = 0; kill <= KILLS; kill += 1) {
      for (let index = 0; index < INCIDENTS; index += 1) {
        const title = `Down ${kill}-${index}`;
        const given = { title, severity: "P1", service: null } as const;
        const { incident } = await incidents.open("test", given);
        notes.push(`note on ${title}.`);
        await incidents.comment("test", incident.id, `note on ${title}.`);
      }
      if (kill === KILLS) break;
      // Anywhere in what it does; what is asserted does not depend on where.
      const before = slack.calls.length;
      await expect.poll(() => slack.calls.length, GENEROUS).toBeGreaterThan(before);
      await sleep(random.below(100));
      const which = kill % 2;
      await programs[which]?.kill();
      // The last blow is for the other one to make good.
      if (kill < KILLS - 1) programs[which] = await start();
    }
    const posts = () => slack.channels.flatMap((channel) => channel.posts);
    const textsOf = () => posts().map(({ blocks }) => blocks[0]?.text?.text ?? "");
    const untold = () => notes.filter((note) => !textsOf().some((text) => text.includes(note)));
    await expect.poll(untold, GENEROUS).toEqual([]);
    const total = INCIDENTS * (KILLS + 1);
    await expect.poll(() => common.posts.length, GENEROUS).toBe(total);
    for (const program of programs) await program.kill();
    for (const note of notes)
      expect(
        textsOf().filter((text) => text.includes(note)),
        note,
      ).toHaveLength(1);
    const ids = posts().map(({ metadata }) => JSON.stringify(metadata));
    expect(new Set(ids).size).toBe(ids.length);
    expect(slack.channels).toHaveLength(1 + total);
  },
);
