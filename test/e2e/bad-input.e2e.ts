import { execFileSync } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, startPlatform, TOKEN, writeSetup } from "./platform.ts";
import type { Platform, Setup } from "./platform.ts";
import { startReceiver } from "./receiver.ts";
import type { Receiver } from "./receiver.ts";

let folder: string;
let receiver: Receiver;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-bad-"));
  receiver = await startReceiver();
});

afterAll(async () => {
  await receiver.close();
  await rm(folder, { recursive: true, force: true });
});

/** Breaks one file of a setup; the fault is on the line that is returned. */
const BROKEN: { file: string; text: string; line: number; reason: RegExp }[] = [
  { file: "prometheus.yml", text: "\nscrape_confgs: []\n", line: 2, reason: /scrape_confgs/ },
  { file: "prometheus.yml", text: "\n\nglobal: [", line: 3, reason: /./ },
  {
    file: "rules/shop.yml",
    text: "groups:\n  - name: broken\n    rules:\n      - alert: X\n        expr: sum(\n",
    line: 5,
    reason: /./,
  },
  {
    file: "rules/shop.yml",
    text: "groups:\n  - name: broken\n    rules:\n      - alert: X\n        expr: up\n        annotations:\n          summary: '{{ .Oops'\n",
    line: 7,
    reason: /./,
  },
  {
    file: "alertmanager.yml",
    text: "route:\n  receiver: nobody\nreceivers: [{name: a}]\n",
    line: 2,
    reason: /nobody/,
  },
];

async function breakFile(
  setup: Setup,
  broken: (typeof BROKEN)[number],
): Promise<() => Promise<void>> {
  const file = join(dirname(setup.config), broken.file);
  const good = await readFile(file, "utf8");
  await writeFile(file, broken.text);
  return () => writeFile(file, good);
}

describe("a broken configuration file", () => {
  it.each(BROKEN)("stops the start: $file, line $line", async (broken) => {
    const setup = await writeSetup(await mkdtemp(join(folder, "start-")), receiver.url, {
      demo: false,
    });
    await breakFile(setup, broken);
    const refused = await startPlatform(setup, "server").then(
      () => "it started",
      (error: unknown) => String(error),
    );
    expect(refused).toMatch(/ended with 2 /);
    expect(refused).toContain(`${broken.file}:${broken.line}:`);
    expect(refused).toMatch(broken.reason);
  });

  it("is refused by a reload, which keeps the old one and says why", async () => {
    const setup = await writeSetup(await mkdtemp(join(folder, "reload-")), receiver.url, {
      demo: false,
    });
    const platform = await startPlatform(setup, "server");
    try {
      const rules = await platform.call("/api/v1/rules");
      const names = (answer: unknown) =>
        (answer as { data: { groups: { name: string }[] } }).data.groups.map((group) => group.name);
      for (const broken of BROKEN) {
        const mend = await breakFile(setup, broken);
        const response = await fetch(`${platform.url}/-/reload`, {
          method: "POST",
          headers: { authorization: `Bearer ${TOKEN}` },
        });
        // What Prometheus and Alertmanager answer, and what reloaders expect.
        expect(response.status).toBe(500);
        const body = await response.text();
        expect(body).toContain(`${broken.file}:${broken.line}:`);
        const said = platform.output().length;
        platform.child.kill("SIGHUP");
        await eventually(
          "the log to say why",
          async () =>
            platform.output().slice(said).includes(`${broken.file}:${broken.line}:`) || undefined,
        );
        await mend();
      }
      expect(names(await platform.call("/api/v1/rules"))).toEqual(names(rules));
      const reloaded = await fetch(`${platform.url}/-/reload`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      expect(reloaded.status).toBe(200);
    } finally {
      await platform.end("SIGTERM");
    }
  });
});

describe("a data folder", () => {
  it("in use by another process is refused, and the other goes on", async () => {
    const setup = await writeSetup(await mkdtemp(join(folder, "used-")), receiver.url, {
      demo: false,
    });
    const platform = await startPlatform(setup, "server");
    try {
      const refused = await startPlatform({ ...setup, port: 0 }, "server", ["--port", "0"]).catch(
        (error: unknown) => String(error),
      );
      expect(refused).toMatch(/data folder .* is in use by another Seaworthy process/);
      expect(await platform.call("/api/v1/query?query=1")).toMatchObject({ status: "success" });
    } finally {
      await platform.end("SIGTERM");
    }
  });
});

/** Runs a command that only root may, as root or by sudo. */
function asRoot(command: string, ...args: string[]): void {
  if (process.getuid?.() === 0) execFileSync(command, args);
  else execFileSync("sudo", ["-n", command, ...args]);
}

describe("a disk", () => {
  it("that is full or read-only is named; what was stored is intact and work goes on when there is room", async () => {
    const home = await mkdtemp(join(folder, "disk-"));
    const setup = await writeSetup(home, receiver.url, { demo: false, extraTargets: [] });
    await mkdir(setup.data, { recursive: true });
    asRoot("mount", "-t", "tmpfs", "-o", "size=400m,mode=0755", "tmpfs", setup.data);
    let platform: Platform | undefined;
    try {
      platform = await startPlatform(setup, "server");
      const count = async (): Promise<number> => {
        const query = new URLSearchParams({ query: 'sum(count_over_time(up{job="shop"}[1h]))' });
        const answer = (await platform?.call(`/api/v1/query?${query}`)) as {
          data: { result: { value: [number, string] }[] };
        };
        return Number(answer.data.result[0]?.value[1] ?? 0);
      };
      await eventually("some samples", async () => ((await count()) >= 3 ? true : undefined));

      const filler = join(setup.data, "filler");
      await writeFile(filler, "");
      const block = Buffer.alloc(16 * 1024 * 1024);
      await eventually(
        "the disk to be full",
        async () =>
          appendFile(filler, block).then(
            () => undefined,
            () => true,
          ),
        120_000,
      );
      const kept = await count();
      await eventually("health to say so", async () => {
        const response = await fetch(`${platform?.url}/health/detailed`, {
          headers: { authorization: `Bearer ${TOKEN}` },
        });
        return response.status === 503 || undefined;
      });
      expect(await count()).toBeGreaterThanOrEqual(kept);
      await rm(filler);
      await eventually("samples to be stored again", async () =>
        (await count()) > kept + 2 ? true : undefined,
      );

      const total = await count();
      await platform.end("SIGTERM");
      platform = undefined;
      asRoot("mount", "-o", "remount,ro", setup.data);
      const refused = await startPlatform(setup, "server").catch((error: unknown) => String(error));
      expect(refused).toMatch(/data folder .* cannot be used: .*read-only/i);
      asRoot("mount", "-o", "remount,rw", setup.data);
      platform = await startPlatform(setup, "server");
      expect(await count()).toBeGreaterThanOrEqual(total);
    } finally {
      await platform?.end("SIGTERM");
      asRoot("umount", "-l", setup.data);
    }
  });
});

describe("what targets answer", () => {
  const bodies: { what: string; answer: (response: ServerResponse) => void; said: RegExp }[] = [
    {
      what: "garbage",
      answer: (response) => response.end(Buffer.from([0, 1, 2, 255, 254, 10, 61, 61, 10])),
      said: /./,
    },
    {
      what: "a truncated line",
      answer: (response) => response.end('a{b="c"} 1\na{b="'),
      said: /./,
    },
    {
      what: "a body of 1 GB",
      answer: (response) => {
        const line = Array.from({ length: 4000 }, (_, i) => `series_${i} 1\n`).join("");
        let left = 1e9;
        const pump = (): void => {
          while (left > 0 && !response.destroyed) {
            left -= line.length;
            if (!response.write(line)) {
              response.once("drain", pump);
              return;
            }
          }
          response.end();
        };
        pump();
      },
      // On a slow machine the time is over before the limit is reached.
      said: /large|limit|exceed|size|timeout/i,
    },
  ];

  it.each(bodies)(
    "$what fails that scrape with a reason, and nothing else",
    async ({ answer, said }) => {
      const server = createServer((_request, response) => {
        response.setHeader("content-type", "text/plain; version=0.0.4");
        answer(response);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const setup = await writeSetup(await mkdtemp(join(folder, "target-")), receiver.url, {
        demo: false,
        extraTargets: [target],
      });
      const platform = await startPlatform(setup, "server");
      try {
        const reason = await eventually("the target to be down with a reason", async () => {
          const { data } = (await platform.call("/api/v1/targets")) as {
            data: { activeTargets: { scrapePool: string; health: string; lastError: string }[] };
          };
          const found = data.activeTargets.find(
            (each) => each.scrapePool === "extra" && each.health === "down",
          );
          return found?.lastError;
        });
        expect(reason).toMatch(said);
        const up = new URLSearchParams({ query: 'up{job="extra"}' });
        await eventually("up to be 0", async () => {
          const { data } = (await platform.call(`/api/v1/query?${up}`)) as {
            data: { result: { value: [number, string] }[] };
          };
          return data.result[0]?.value[1] === "0" || undefined;
        });
      } finally {
        await platform.end("SIGTERM");
        server.closeAllConnections();
        server.close();
      }
    },
  );
});

describe("a wrong token", () => {
  it("opens nothing", async () => {
    const setup = await writeSetup(await mkdtemp(join(folder, "token-")), receiver.url, {
      demo: false,
    });
    const platform = await startPlatform(setup, "server");
    try {
      for (const path of [
        "/api/overview",
        "/api/v1/query?query=up",
        "/api/v2/alerts",
        "/metrics",
        "/health/detailed",
        "/api/live",
      ]) {
        for (const authorization of [
          undefined,
          "Bearer wrong",
          `Basic ${Buffer.from("a:wrong").toString("base64")}`,
          `Bearer ${TOKEN}x`,
        ]) {
          const response = await fetch(platform.url + path, {
            headers: authorization === undefined ? {} : { authorization },
          });
          expect(response.status, `${path} with ${authorization}`).toBe(401);
          await response.body?.cancel();
        }
      }
    } finally {
      await platform.end("SIGTERM");
    }
  });
});
