import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startProgram } from "../../test/program.ts";
import type { Program } from "../../test/program.ts";
import { startReceiver } from "../../test/receiver.ts";
import { testDatabase } from "../../test/records.ts";
import { connectRecords } from "../store/postgres/connect.ts";

/** `ROUTER_KILLS=20 npx vitest run …` for more; the whole platform is killed twenty times in test/e2e. */
const KILLS = Number(process.env["ROUTER_KILLS"] ?? 8);
/** A kill comes at most this long after an alert is sent: by then its page has gone out. */
const LATEST_KILL = 150;
const PROGRAM = new URL("../../test/programs/router.ts", import.meta.url);

it("pages exactly once for each state, killed at any moment", { timeout: 240_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), "sw-killed-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const receiver = await startReceiver();
  const file = join(dir, "alertmanager.yml");
  await writeFile(
    file,
    `
route: {receiver: hook, group_by: [alertname], group_wait: 60ms, group_interval: 60ms}
receivers:
  - name: hook
    webhook_configs: [{url: "${receiver.url}/"}]
`,
  );
  const { socketDir, database } = await testDatabase();
  const start = async () => {
    const program = startProgram(PROGRAM, [socketDir, database, file]);
    expect(await program.nextLine()).toBe("ready");
    return program;
  };

  const began = Date.now();
  const alert = (round: number, endsAt = began + 3_600_000) => ({
    labels: { alertname: `Round${round}` },
    annotations: {},
    startsAt: began,
    endsAt,
    generatorURL: "",
  });
  const arrived = (round: number, status: string) => () =>
    receiver.received.some(
      ({ body }) => body.groupLabels["alertname"] === `Round${round}` && body.status === status,
    );
  const send = (program: Program, alerts: unknown[]) =>
    program.child.stdin?.write(`${JSON.stringify(alerts)}\n`);

  let program = await start();
  const moments: number[] = [];
  for (let round = 0; round < KILLS; round += 1) {
    // In each round one alert begins and the one before it ends; the kill meets both on their way.
    const ended = round === 0 ? [] : [alert(round - 1, Date.now())];
    const alerts = [alert(round), ...ended];
    send(program, alerts);
    const moment = Math.random() * LATEST_KILL;
    moments.push(moment);
    await new Promise((resolve) => setTimeout(resolve, moment));
    await program.kill();
    program = await start();
    // Whoever evaluates rules repeats what it was not told to be taken.
    send(program, alerts);
    expect(await program.nextLine()).toBe("accepted");
    await until(receiver, arrived(round, "firing"));
    if (round > 0) await until(receiver, arrived(round - 1, "resolved"));
  }
  send(program, [alert(KILLS - 1, Date.now())]);
  await until(receiver, arrived(KILLS - 1, "resolved"));
  await program.kill();

  const keys = new Map<string, Set<string>>();
  for (const { body } of receiver.received) {
    const state = `${body.groupLabels["alertname"]} ${body.status}`;
    keys.set(state, (keys.get(state) ?? new Set()).add(body.idempotencyKey));
  }
  const told = `killed after ${moments.map(Math.round).join(", ")} ms`;
  expect(keys.size, told).toBe(2 * KILLS);
  for (const [state, distinct] of keys) expect(distinct.size, `${state}, ${told}`).toBe(1);

  // Incidents were told as often, and nothing is left to be sent.
  const records = await connectRecords({ socketDir, database }, { maxConnections: 1 });
  onTestFinished(() => records.close());
  const calls = await records.db.selectFrom("audit_log").select(["action", "subject"]).execute();
  expect(new Set(calls.map(({ action, subject }) => `${action} ${subject}`)).size).toBe(2 * KILLS);
  expect(calls).toHaveLength(2 * KILLS);
});

/** Waits until something holds, looking whenever a notification arrives. */
async function until(
  receiver: Awaited<ReturnType<typeof startReceiver>>,
  holds: () => boolean,
): Promise<void> {
  while (!holds()) await receiver.arrived(receiver.received.length + 1);
}
