import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProgram } from "./program.ts";
import type { Program } from "./program.ts";
import { Random } from "./alert-stream/random.ts";

const PROGRAM = new URL("./programs/router.ts", import.meta.url);
const SERVERS = ["one", "two"] as const;
/** How long a round lets alerts be decided on before the next blow, at most. Milliseconds. */
const ROUND = 250;

/** What receivers saw of a run. */
export interface KilledRun {
  /** Every state that an alert was to be told of: `NAME firing` and `NAME resolved`. */
  readonly expected: readonly string[];
  /** The distinct idempotency keys that were delivered for each state. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  /** Deliveries beyond the first of each key: what a receiver sees that does not honour the key. */
  readonly repeats: number;
  readonly kills: number;
  readonly outages: number;
}

/**
 * Two servers over one PostgreSQL get the same alerts, as from a rule engine that repeats them. In each
 * round some begin and some end, and a server is killed, or the receiver is gone for a moment, or
 * cuts the connection after it has taken the notification but before it has said so.
 */
export async function runKilledServers(options: {
  readonly socketDir: string;
  readonly database: string;
  readonly alerts: number;
  readonly rounds: number;
  readonly seed: number;
}): Promise<KilledRun> {
  const { socketDir, database, rounds } = options;
  const random = new Random(options.seed);
  const receiver = new FlakyReceiver();
  await receiver.open();
  const dir = await mkdtemp(join(tmpdir(), "sw-killed-servers-"));
  const file = join(dir, "alertmanager.yml");
  await writeFile(
    file,
    `
route: {receiver: hook, group_by: [alertname], group_wait: 60ms, group_interval: 60ms}
receivers:
  - name: hook
    webhook_configs: [{url: "http://127.0.0.1:${receiver.port}/"}]
`,
  );
  const start = async (server: string): Promise<Program> => {
    const program = startProgram(PROGRAM, [socketDir, database, file, server]);
    if ((await program.nextLine()) !== "ready") throw new Error(`${server} did not start`);
    return program;
  };
  const programs = new Map<string, Program>();
  for (const server of SERVERS) programs.set(server, await start(server));

  const began = Date.now();
  const names = Array.from({ length: options.alerts }, (_, index) => `Alert${index}`);
  const message = (name: string, endsAt: number) => ({
    labels: { alertname: name },
    annotations: {},
    startsAt: began,
    endsAt,
    generatorURL: "",
  });
  /** How many answers each program still owes. */
  const owed = new Map<Program, number>();
  const send = (alerts: unknown[]) => {
    for (const program of programs.values()) {
      program.child.stdin?.write(`${JSON.stringify(alerts)}\n`);
      owed.set(program, (owed.get(program) ?? 0) + 1);
    }
  };
  /** Nobody is told that an alert is over before all have heard that it began. */
  const accepted = async () => {
    for (const program of programs.values()) {
      for (let left = owed.get(program) ?? 0; left > 0; left -= 1) await program.nextLine();
      owed.set(program, 0);
    }
  };
  let kills = 0;
  let outages = 0;
  const perRound = Math.ceil(names.length / rounds);
  const ended = new Map<string, number>();
  try {
    for (let round = 0; round < rounds; round += 1) {
      const begun = names.slice(0, (round + 1) * perRound);
      // An alert ends once everybody has heard that it began, as an outage does that people mended.
      for (const name of begun.slice(0, round * perRound))
        if (!ended.has(name) && receiver.keys.has(`${name} firing`)) ended.set(name, Date.now());
      const alerts = begun.map((name) => message(name, ended.get(name) ?? began + 3_600_000));
      send(alerts);
      await new Promise((resolve) => setTimeout(resolve, random.next() * ROUND));
      const blow = random.below(4);
      if (blow < 2) {
        const server = random.pick(SERVERS);
        await programs.get(server)?.kill();
        programs.set(server, await start(server));
        kills += 1;
      } else {
        if (blow === 2) await receiver.vanish(random.next() * ROUND);
        else receiver.cut = 1 + random.below(3);
        outages += 1;
      }
      // Whoever evaluates rules repeats what it sends.
      send(alerts);
      await accepted();
    }
    await receiver.until(() => names.every((name) => receiver.keys.has(`${name} firing`)));
    for (const name of names) if (!ended.has(name)) ended.set(name, Date.now());
    send(names.map((name) => message(name, ended.get(name) ?? 0)));
    const expected = names.flatMap((name) => [`${name} firing`, `${name} resolved`]);
    await receiver.until(() => expected.every((state) => receiver.keys.has(state)));
    return { expected, keys: receiver.keys, repeats: receiver.repeats, kills, outages };
  } finally {
    for (const program of programs.values()) await program.kill();
    await receiver.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** A receiver that is gone now and then, and sometimes takes a notification without saying so. */
class FlakyReceiver {
  readonly keys = new Map<string, Set<string>>();
  repeats = 0;
  port = 0;
  /** So many of the next answers are cut off. */
  cut = 0;
  #server: Server | undefined;
  #waiting: (() => void)[] = [];

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.#take(Buffer.concat(chunks).toString("utf8"));
        if (this.cut > 0) {
          this.cut -= 1;
          request.socket.destroy();
        } else response.end();
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  #take(text: string): void {
    const body = JSON.parse(text) as {
      status: string;
      idempotencyKey: string;
      groupLabels: Record<string, string>;
    };
    const state = `${body.groupLabels["alertname"]} ${body.status}`;
    const keys = this.keys.get(state) ?? new Set();
    if (keys.has(body.idempotencyKey)) this.repeats += 1;
    this.keys.set(state, keys.add(body.idempotencyKey));
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Is gone for so many milliseconds. */
  async vanish(ms: number): Promise<void> {
    await this.close();
    await new Promise((resolve) => setTimeout(resolve, ms));
    await this.open();
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** Waits until something holds, looking whenever a notification arrives. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
