import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../../../../test/manual-clock.ts";
import { startProgram } from "../../../../test/program.ts";
import { testDatabase } from "../../../../test/records.ts";
import { systemClock } from "../../../model/index.ts";
import { ensureUser } from "../../../store/index.ts";
import type { RunbookRunRecord } from "../../../store/index.ts";
import { connectRecords } from "../../../store/postgres/connect.ts";
import { createIncidents } from "../../incidents/incidents.ts";
import type { RunbookAction } from "./action.ts";
import { createRunbookActions } from "./actions.ts";
import type { RunbookActions, Runner } from "./interface.ts";
import { runCommand } from "./run-command.ts";

const PATIENT = { timeout: 30_000, interval: 20 };

let folder: string;
let database: Awaited<ReturnType<typeof testDatabase>>;
let records: Awaited<ReturnType<typeof connectRecords>>;
let incidents: ReturnType<typeof createIncidents>;
let ana: Runner;
let bob: Runner;
const servers: RunbookActions[] = [];
/** What the webhook was asked, and what it answers. */
const asked: { readonly headers: IncomingHttpHeaders; readonly body: string; url: string }[] = [];
let answer = { status: 200, text: "done" };
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { headers, url = "" } = request;
    asked.push({ headers, url, body: Buffer.concat(chunks).toString("utf8") });
    response.writeHead(answer.status).end(answer.text);
  });
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sw-actions-"));
  await writeFile(join(folder, "secret"), "s3cret\n");
  database = await testDatabase();
  records = await connectRecords(database, { maxConnections: 6 });
  incidents = createIncidents({ records, clock: systemClock, announce: () => {} });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const person = async (name: string): Promise<Runner> => {
    const email = `${name}@sea.test`;
    const { id } = await records.transaction((tx) =>
      ensureUser(tx, { email, name, role: "member" }),
    );
    return { name: email, personId: id, isPerson: true, isAdmin: false };
  };
  [ana, bob] = [await person("ana"), await person("bob")];
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  receiver.close();
  await records.close();
  await rm(folder, { recursive: true });
});

function action(name: string, more: Partial<RunbookAction> = {}): RunbookAction {
  return {
    name,
    title: `Do ${name}`,
    about: "",
    role: "member",
    confirm: undefined,
    twoPerson: false,
    parameters: new Map(),
    timeoutMs: 60_000,
    outputBytes: 1000,
    work: sh("echo did it"),
    ...more,
  };
}
const sh = (script: string, ...args: string[]): RunbookAction["work"] => ({
  kind: "command",
  argv: ["sh", "-c", script, ...args],
  folder,
  environment: { PATH: process.env["PATH"] ?? "", GIVEN: "given" },
});

/** A server with these actions; all of them share the records. */
function serverWith(...actions: RunbookAction[]): RunbookActions {
  const server = createRunbookActions({
    records,
    clock: systemClock,
    log: pino({ level: "silent" }),
    announce: () => {},
    server: `server ${servers.length}`,
    actions,
    labelsOf: async (idOrNumber) => {
      const { incident } = await incidents.get(idOrNumber);
      return { incidentId: incident.id, number: incident.number, labels: { service: "shop" } };
    },
    externalURL: "http://sw.test",
  });
  servers.push(server);
  return server;
}

async function open(): Promise<string> {
  const given = { title: "Down", severity: "P1", service: "shop" } as const;
  return (await incidents.open("test", given)).incident.id;
}

/** Looks, and runs what was seen. */
async function press(server: RunbookActions, incident: string, name: string, by = ana, more = {}) {
  const wanted = { action: name, runbook: "Book", values: {}, ...more };
  const { plan } = await server.preview(incident, wanted);
  return server.run(by, incident, { confirmation: plan?.confirmation ?? "", ...wanted });
}

async function ended(server: RunbookActions, { id, incidentId }: RunbookRunRecord) {
  await server.settle();
  const run = (await server.runs(incidentId)).find((each) => each.id === id);
  if (run === undefined) throw new Error("the run is gone");
  return run;
}

const wordsOf = async (incident: string) =>
  (await incidents.get(incident)).timeline
    .filter(({ kind }) => kind === "runbook_step")
    .map(({ actor, text }) => `${actor}: ${text}`);

describe("a command", () => {
  it("runs without a shell of ours, in an environment of its own, and is told of", async () => {
    const value = `$(touch ${folder}/hacked) 'x" ; touch ${folder}/hacked`;
    const parameters = new Map([
      [
        "what",
        {
          label: undefined,
          fallback: value,
          about: "",
          allowed: { kind: "pattern", source: ".*", fits: () => true },
        } as const,
      ],
    ]);
    const work = {
      kind: "command",
      argv: [process.execPath, "-e", SHOW, "{{ .Parameters.what }}"],
      folder,
      environment: { GIVEN: "given" },
    } as const;
    // Node reads its arguments: a value that is more than a word is refused, not run.
    const reading = serverWith(action("read", { work, parameters }));
    const incident = await open();
    await expect(press(reading, incident, "read")).rejects.toMatchObject({
      code: "runbook_action_refused",
    });
    const file = join(folder, "show");
    await writeFile(file, `#!${process.execPath}\n${SHOW}`, { mode: 0o755 });
    const own = { ...work, argv: [file, "{{ .Parameters.what }}"] };
    const server = serverWith(action("show", { work: own, parameters }));
    const run = await ended(server, await press(server, incident, "show"));
    expect(run).toMatchObject({ state: "succeeded", exitCode: 0, askedBy: "ana@sea.test" });
    const { argv, env, cwd } = JSON.parse(run.output) as Record<string, unknown>;
    expect({ argv, cwd }).toEqual({ argv: [value], cwd: folder });
    expect(env).toEqual({
      GIVEN: "given",
      SEAWORTHY_RUN: run.id,
      SEAWORTHY_INCIDENT: expect.any(String) as string,
      SEAWORTHY_INCIDENT_URL: expect.stringMatching(
        /^http:\/\/sw\.test\/incidents\/\d+$/,
      ) as string,
    });
    await expect(readFile(join(folder, "hacked"))).rejects.toThrow("ENOENT");
    const [begun = "", done = ""] = await wordsOf(incident);
    expect(begun).toBe(`ana@sea.test: Do show (what=${value}): begun (runbook Book)`);
    expect(done).toMatch(/succeeded after .*: exit code 0 \(runbook Book\)$/);
    const audit = await records.db
      .selectFrom("audit_log")
      .select(["action", "actor"])
      .where("subject", "=", incident)
      .where("action", "like", "runbook.%")
      .orderBy("at")
      .execute();
    expect(audit.map((each) => each.action)).toEqual(["runbook.run", "runbook.run-end"]);
  });

  it("that fails, or cannot be started, says so", async () => {
    const server = serverWith(
      action("fail", { work: sh("echo out; echo err >&2; exit 3") }),
      action("none", {
        work: { kind: "command", argv: [join(folder, "nothing")], folder, environment: {} },
      }),
    );
    const incident = await open();
    const failed = await ended(server, await press(server, incident, "fail"));
    expect(failed).toMatchObject({ state: "failed", exitCode: 3 });
    expect(failed.output.split("\n").toSorted()).toEqual(["", "err", "out"]);
    expect(await ended(server, await press(server, incident, "none"))).toMatchObject({
      state: "failed",
      exitCode: null,
      reason: expect.stringContaining("ENOENT") as string,
    });
  });

  it("is killed at its time limit with all that it has started, and at the server's stop", async () => {
    const clock = new ManualClock(0);
    const { said, ended: outcome } = runCommand({
      argv: ["sh", "-c", 'trap "" TERM; sleep 60 & echo "$!"; wait; wait'],
      folder,
      environment: { PATH: process.env["PATH"] ?? "" },
      timeoutMs: 60_000,
      outputBytes: 1000,
      signal: new AbortController().signal,
      clock,
    });
    await expect.poll(said, PATIENT).toMatch(/^\d+\n$/);
    clock.advance(60_000);
    // It was asked to end, and does not listen.
    clock.advance(10_000);
    expect(await outcome).toMatchObject({
      state: "failed",
      exitCode: null,
      reason: expect.stringContaining("did not end within 60 s") as string,
    });
    const child = Number(said().trim());
    // Dead, or dead and not yet taken note of by its parent.
    const isDead = async () => {
      const stat = await readFile(`/proc/${child}/stat`, "utf8").catch(() => "gone");
      return stat === "gone" || / Z /.test(stat);
    };
    await expect.poll(isDead, PATIENT).toBe(true);
    const server = serverWith(action("stopped", { work: sh("echo waits; exec sleep 60") }));
    const incident = await open();
    const waits = await press(server, incident, "stopped");
    await server.stop();
    expect(await server.runs(incident)).toContainEqual(
      expect.objectContaining({
        id: waits.id,
        state: "failed",
        reason: "It was killed because the server was stopped",
      }),
    );
  });
});

const SHOW =
  "console.log(JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd(), env: process.env }))";

describe("a webhook", () => {
  const webhook = (port: number, parameters = {}): RunbookAction["work"] => ({
    kind: "webhook",
    method: "POST",
    url: `http://127.0.0.1:${port}/restart`,
    headers: { "x-team": "shop" },
    body: { run: "now" },
    secret: { header: "authorization", isBearer: true, value: { file: join(folder, "secret") } },
    ...parameters,
  });

  it("is sent once with its secret, which nobody sees, and its answer is shown", async () => {
    const { port } = receiver.address() as AddressInfo;
    const server = serverWith(action("hook", { work: webhook(port) }));
    const incident = await open();
    const run = await ended(server, await press(server, incident, "hook"));
    expect(run).toMatchObject({ state: "succeeded", status: 200, output: "done" });
    expect(JSON.stringify(run)).not.toContain("s3cret");
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      url: "/restart",
      headers: {
        authorization: "Bearer s3cret",
        "x-team": "shop",
        "idempotency-key": run.id,
        "content-type": "application/json",
      },
    });
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({ run: "now" });
    answer = { status: 503, text: "not now" };
    const failed = await ended(server, await press(server, incident, "hook"));
    expect(failed).toMatchObject({ state: "failed", status: 503 });
    expect(failed.reason).toContain("not now");
    // An answer that invites to come again is not obeyed.
    expect(asked).toHaveLength(2);
  });
});

describe("a run", () => {
  const counted = (file: string) =>
    action("count", { work: sh('echo x >> "$0"', join(folder, file)) });
  const count = async (file: string) =>
    (await readFile(join(folder, file), "utf8").catch(() => "")).length / 2;

  it("happens once: pressed twice, sent again, by two people, on two servers", async () => {
    const first = serverWith(counted("once"));
    const second = serverWith(counted("once"));
    const incident = await open();
    const wanted = { action: "count", runbook: null, values: {} };
    const { plan } = await first.preview(incident, wanted);
    const confirmed = { ...wanted, confirmation: plan?.confirmation ?? "" };
    const answers = await Promise.allSettled([
      first.run(ana, incident, confirmed),
      first.run(ana, incident, confirmed),
      second.run(ana, incident, confirmed),
      second.run(bob, incident, confirmed),
      first.run(bob, incident, confirmed),
    ]);
    await first.settle();
    await second.settle();
    expect(await count("once")).toBe(1);
    const runs = await first.runs(incident);
    expect(runs).toHaveLength(1);
    for (const each of answers) {
      if (each.status === "fulfilled") expect(each.value.id).toBe(runs[0]?.id);
      else expect(String(each.reason)).toMatch(/have seen any more|already/);
    }
    // An answer that was lost is asked for again, and again after it has ended.
    const again = (runs[0]?.askedBy === ana.name ? ana : bob) satisfies Runner;
    expect(await second.run(again, incident, confirmed)).toMatchObject({ state: "succeeded" });
    expect(await count("once")).toBe(1);
    // Who has looked again may run it again.
    await ended(second, await press(second, incident, "count", bob));
    expect(await count("once")).toBe(2);
  });

  it("is not begun while the same is under way, for another incident either", async () => {
    const file = join(folder, "gate");
    const slow = action("slow", { work: sh('until [ -e "$0" ]; do sleep 0.05; done', file) });
    const server = serverWith(slow);
    const [one, other] = [await open(), await open()];
    const run = await press(server, one, "slow");
    await expect(press(server, other, "slow", bob)).rejects.toMatchObject({
      code: "runbook_run_under_way",
      message: expect.stringContaining("ana@sea.test") as string,
    });
    await writeFile(file, "");
    expect(await ended(server, run)).toMatchObject({ state: "succeeded" });
  });

  it("is what was shown: what was configured anew is looked at again", async () => {
    const server = serverWith(action("change", { work: sh("echo old") }));
    const incident = await open();
    const wanted = { action: "change", runbook: null, values: {} };
    const { plan } = await server.preview(incident, wanted);
    server.apply([action("change", { work: sh("echo new") })]);
    const confirmation = plan?.confirmation ?? "";
    await expect(server.run(ana, incident, { ...wanted, confirmation })).rejects.toMatchObject({
      code: "runbook_run_changed",
    });
    server.apply([]);
    await expect(server.run(ana, incident, { ...wanted, confirmation })).rejects.toMatchObject({
      code: "runbook_action_not_found",
    });
    expect(await server.runs(incident)).toEqual([]);
  });

  it("wants the role, the words, and a second person where it says so", async () => {
    const server = serverWith(
      action("guarded", { role: "admin" }),
      action("typed", { confirm: "shop" }),
      action("two", { twoPerson: true, work: sh('echo x >> "$0"', join(folder, "two")) }),
    );
    const incident = await open();
    await expect(press(server, incident, "guarded")).rejects.toMatchObject({
      code: "runbook_action_role",
    });
    const admin = { ...ana, isAdmin: true };
    expect(await ended(server, await press(server, incident, "guarded", admin))).toMatchObject({
      state: "succeeded",
    });
    await expect(press(server, incident, "typed")).rejects.toMatchObject({
      code: "runbook_run_unconfirmed",
    });
    await ended(server, await press(server, incident, "typed", ana, { confirm: "shop" }));
    const run = await press(server, incident, "two");
    expect(run.state).toBe("waiting");
    const token = { ...bob, isPerson: false };
    await expect(server.approve(ana, run.id)).rejects.toMatchObject({ code: "runbook_run_own" });
    await expect(server.approve(token, run.id)).rejects.toMatchObject({
      code: "runbook_run_person_required",
    });
    expect(await count("two")).toBe(0);
    const approved = await Promise.allSettled([
      server.approve(bob, run.id),
      server.approve(bob, run.id),
      server.approve(bob, run.id),
    ]);
    expect(approved.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await ended(server, run)).toMatchObject({
      state: "succeeded",
      decidedBy: "bob@sea.test",
    });
    expect(await count("two")).toBe(1);
    const refused = await press(server, incident, "two");
    expect(await server.reject(bob, refused.id)).toMatchObject({ state: "refused" });
    await expect(server.approve(bob, refused.id)).rejects.toMatchObject({
      code: "runbook_run_not_waiting",
    });
    const unknown = { ...ana, personId: null };
    await expect(press(server, incident, "two", unknown)).rejects.toMatchObject({
      code: "runbook_run_person_required",
    });
    expect(await count("two")).toBe(1);
  });

  it("whose server was killed is unknown, and is not run again", { timeout: 120_000 }, async () => {
    const incident = await open();
    const file = join(folder, "killed");
    const { socketDir, database: name } = database;
    const path = new URL("../../../../test/programs/runbook-run.ts", import.meta.url);
    const program = startProgram(path, [socketDir, name, incident, file]);
    expect(await program.nextLine()).toBe("running");
    const lines = async () => (await readFile(file, "utf8").catch(() => "")).split("\n").length - 1;
    await expect.poll(lines, PATIENT).toBe(1);
    await program.kill();
    // The next process of the same server knows at once; another one, when it was silent for long.
    const next = createRunbookActions({
      records,
      clock: systemClock,
      log: pino({ level: "silent" }),
      announce: () => {},
      server: "killed",
      actions: [],
      labelsOf: async () => ({ incidentId: incident, number: 1, labels: {} }),
      externalURL: "",
    });
    onTestFinished(() => next.stop());
    next.start();
    await next.settle();
    expect(await next.runs(incident)).toMatchObject([{ state: "unknown" }]);
    expect((await wordsOf(incident)).at(-1)).toBe(
      "system: Wait: unknown: the server stopped while it ran. It is not run again",
    );
    expect(await lines()).toBe(1);
  });
});
