import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configFile, startTheirs } from "../../../test/alert-stream/sides.ts";
import { BOOTSTRAP, testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { testRecords } from "../../../test/records.ts";
import { runningRouter } from "../../../test/running-router.ts";
import { systemClock } from "../../model/index.ts";
import type { Router } from "../../route/index.ts";
import type { Records } from "../../store/index.ts";
import { alertmanagerRoutes } from "./routes.ts";

const run = promisify(execFile);
const hasAmtool = spawnSync("amtool", ["--version"]).error === undefined;

const CONFIG = `
route:
  receiver: team
  group_by: [alertname]
  routes:
    - matchers: [severity="page"]
      receiver: pager
      continue: true
    - matchers: [team=~"a|b"]
      receiver: both
receivers:
  - name: team
  - name: pager
  - name: both
inhibit_rules:
  - source_matchers: [alertname="Datacenter"]
    target_matchers: [alertname="Host"]
    equal: [dc]
`;

/** amtool's commands, run against both; what they print must be the same but for ids and versions. */
const COMMANDS = [
  ["alert", "query"],
  ["alert", "query", "-o", "simple"],
  ["alert", "query", "-o", "extended"],
  ["alert", "query", "-o", "json"],
  ["alert", "query", "Host"],
  ["alert", "query", "severity=page", "instance=~a.*"],
  ["alert", "query", "--silenced"],
  ["alert", "query", "--inhibited"],
  ["alert", "query", "--active", "-o", "json"],
  ["alert", "query", "--receiver=pager", "-o", "json"],
  ["alert", "query", "--receiver=nobody"],
  ["silence", "query"],
  ["silence", "query", "-o", "extended"],
  ["silence", "query", "-o", "json"],
  ["silence", "query", "alertname=Quiet"],
  ["silence", "query", "--created-by=me", "-o", "simple"],
  ["silence", "query", "--expired", "--within=1h"],
  ["config", "routes", "show"],
  ["config", "routes", "test", "severity=page", "team=a"],
  ["config", "routes", "test", "--tree", "team=b"],
  ["cluster", "show"],
] as const;

describe.skipIf(!hasAmtool)("amtool prints the same for both", () => {
  let records: Records;
  let router: Router;
  let server: TestServer;
  let file: Awaited<ReturnType<typeof configFile>>;
  let theirs: Awaited<ReturnType<typeof startTheirs>>;

  beforeAll(async () => {
    file = await configFile(CONFIG);
    theirs = await startTheirs(file.file);
    records = await testRecords();
    router = await runningRouter(records, file.file);
    server = await testServer({
      routes: [alertmanagerRoutes({ router, clock: systemClock, version: "0.1.0" })],
    });
    const start = new Date(Date.now() - 60_000).toISOString();
    for (const side of ["ours", "theirs"] as const) {
      const all = [
        [
          "alert",
          "add",
          "Host",
          "instance=a1",
          "severity=page",
          "dc=x",
          "--annotation=summary=one",
        ],
        ["alert", "add", "Host", "instance=b1", "team=a", "dc=y"],
        ["alert", "add", "Datacenter", "dc=x", "--generator-url=http://x/y"],
        ["alert", "add", "Quiet", "instance=ü", "severity=page", "team=b"],
      ].map((args) => [...args, `--start=${start}`, "--end=2999-01-01T00:00:00Z"]);
      for (const args of all) await amtool(side, args);
      const until = ["--end=2998-01-01T00:00:00Z", `--start=${start}`];
      await amtool(side, [
        "silence",
        "add",
        "alertname=Quiet",
        "-a",
        "me",
        "-c",
        "works",
        ...until,
      ]);
      const other = await amtool(side, [
        "silence",
        "add",
        "team!=x",
        "instance=~z+",
        "-a",
        "you",
        "-c",
        "c",
        ...until,
      ]);
      await amtool(side, ["silence", "expire", other.trim()]);
    }
  });
  afterAll(async () => {
    await theirs.stop();
    await router.stop();
    await server.close();
    await records.close();
    await file.remove();
  });

  async function amtool(side: "ours" | "theirs", args: readonly string[]): Promise<string> {
    const url =
      side === "theirs" ? theirs.url : server.url.replace("http://", `http://any:${BOOTSTRAP}@`);
    try {
      return (await run("amtool", [`--alertmanager.url=${url}`, ...args])).stdout;
    } catch (error) {
      return `failed: ${(error as { stderr?: string }).stderr ?? ""}`;
    }
  }

  it.each(COMMANDS.map((args) => [args.join(" "), args] as const))("%s", async (_, args) => {
    expect(comparable(await amtool("ours", args))).toBe(comparable(await amtool("theirs", args)));
  });
});

/** Without what differs from one run to the next: ids, when something was changed, widths of columns. */
function comparable(text: string): string {
  return (
    text
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
      .replaceAll(/"(updatedAt|uptime)":"[^"]*"/g, '"$1":"-"')
      .replaceAll(/\.\d{3}Z/g, "Z")
      // What began or ended when the command was given; the test's own times are long before and after.
      .replaceAll(/\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d/g, "NOW")
      .replaceAll(/http:\/\/(?:any:[^@]*@)?127\.0\.0\.1:\d+/g, "URL")
      .replaceAll(/ +/g, " ")
      .trim()
  );
}
