import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../model/index.ts";
import type { LogBatch } from "../../model/index.ts";
import { createSelfMetrics } from "../../self/index.ts";
import { startSyslog } from "./receiver.ts";
import type { SyslogSettings } from "./receiver.ts";

const run = promisify(execFile);
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function listening(settings: Partial<SyslogSettings> = {}, write = async () => {}) {
  const batches: LogBatch[] = [];
  const metrics = createSelfMetrics("test");
  const syslog = await startSyslog({
    settings: {
      host: "127.0.0.1",
      port: 0,
      transports: ["tcp", "udp"],
      allow: [],
      labels: { env: "test" },
      maxMessageBytes: 2000,
      ...settings,
    },
    logs: {
      async write(batch) {
        await write();
        batches.push(batch);
      },
    },
    clock: systemClock,
    log: pino({ level: "silent" }),
    metrics,
  });
  closers.push(() => syslog.close());
  const rows = () =>
    batches.flatMap((batch) =>
      batch.lines.map((line, i) => ({
        line,
        labels: batch.streams[batch.streamOf[i] ?? 0],
        metadata: batch.metadata[i],
        time: batch.times[i] ?? 0n,
      })),
    );
  const until = (count: number) =>
    vi.waitFor(() => expect(rows().length).toBeGreaterThanOrEqual(count), { timeout: 30_000 });
  const counted = async (name: string) =>
    (await metrics.registry.getSingleMetric(`seaworthy_${name}`)?.get())?.values ?? [];
  return {
    port: syslog.port,
    rows,
    until,
    batches,
    counted,
    renew: () => syslog.renew(),
    close: () => syslog.close(),
  };
}

/** Sends bytes over TCP and closes, once the other side has read them. */
async function send(port: number, bytes: string | Buffer): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.resume();
  socket.end(bytes);
  await once(socket, "close");
}

describe("util-linux's logger", () => {
  it.each([
    ["UDP, RFC 5424", ["--udp", "--rfc5424"]],
    ["UDP, RFC 3164", ["--udp", "--rfc3164"]],
    ["TCP, RFC 5424", ["--tcp", "--rfc5424"]],
    ["TCP, RFC 3164", ["--tcp", "--rfc3164"]],
    ["TCP, RFC 5424, counted", ["--tcp", "--rfc5424", "--octet-count"]],
    ["TCP, RFC 3164, counted", ["--tcp", "--rfc3164", "--octet-count"]],
  ])("over %s", async (form, options) => {
    const { port, rows, until } = await listening();
    const to = ["--server", "127.0.0.1", "--port", String(port), ...options];
    const said = ["--tag", "shop", "--id=77", "--priority", "local3.err"];
    const modern = form.includes("5424");
    const structured = modern
      ? ["--msgid", "PAY", "--sd-id", "order@32473", "--sd-param", 'id="7"']
      : [];
    const before = BigInt(Date.now()) * 1_000_000n;
    await run("logger", [...to, ...said, ...structured, "payment größe failed"]);
    await until(1);
    const [row] = rows();
    expect(row).toMatchObject({
      line: "payment größe failed",
      labels: { job: "syslog", app: "shop", service_name: "shop", env: "test" },
      metadata: {
        facility: "local3",
        severity: "err",
        detected_level: "error",
        proc_id: "77",
        ...(modern ? { msg_id: "PAY", sd_order_32473_id: "7" } : {}),
      },
    });
    expect(row?.labels?.["host"]).toMatch(/./);
    const late = (row?.time ?? 0n) - before;
    expect(late > -2_000_000_000n && late < 60_000_000_000n).toBe(true);
  });
});

describe("syslog over TLS", () => {
  /** Certificates of an own authority each; the file's path without its ending. */
  async function certificate(folder: string, name: string): Promise<string> {
    const words = [
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2",
      `-subj /CN=${name}.test -keyout ${name}.key -out ${name}.crt`,
    ].join(" ");
    await run("openssl", words.split(" "), { cwd: folder });
    return join(folder, name);
  }

  it("takes counted messages of senders whose certificates are asked for, and renews its own", async () => {
    const folder = await mkdtemp(join(tmpdir(), "seaworthy-syslog-"));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const [own, sender, stranger, later] = await Promise.all(
      ["own", "sender", "stranger", "later"].map((name) => certificate(folder, name)),
    );
    const tls = {
      certFile: `${own}.crt`,
      keyFile: `${own}.key`,
      clientCaFile: `${sender}.crt`,
    };
    const { port, rows, until, renew } = await listening({ transports: ["tls"], tls });
    /** openssl sends the bytes; the answer is what it says of it. */
    const send = async (bytes: string, shown: readonly string[]) => {
      const to = ["s_client", "-connect", `127.0.0.1:${port}`, "-no_ign_eof", ...shown];
      const client = run("openssl", [...to, "-CAfile", tls.certFile]);
      client.child.stdin?.end(bytes);
      const { stdout, stderr } = await client.catch(
        (error: { stdout: string; stderr: string }) => error,
      );
      return stdout + stderr;
    };
    const shown = ["-cert", `${sender}.crt`, "-key", `${sender}.key`];
    const messages = ["first", "two\nlines"].map((text) => `<11>1 - h shop - - - ${text}`);
    const counted = messages.map((text) => `${text.length} ${text}`).join("");
    expect(await send(counted, shown)).toContain("Verify return code: 0 (ok)");
    await until(2);
    expect(rows().map(({ line }) => line)).toEqual(["first", "two\nlines"]);
    expect(rows()[0]?.labels).toMatchObject({ app: "shop", host: "h" });

    await send("<11>nobody\n", []);
    await send("<11>nobody\n", ["-cert", `${stranger}.crt`, "-key", `${stranger}.key`]);
    await copyFile(`${later}.key`, tls.keyFile);
    await renew();
    // Key and certificate do not belong together yet: the earlier ones stay.
    expect(await send("<11>third\n", shown)).toMatch(/subject=CN ?= ?own\.test/);
    await copyFile(`${later}.crt`, tls.certFile);
    await renew();
    expect(await send("<11>fourth\n", shown)).toMatch(/subject=CN ?= ?later\.test/);
    await until(4);
    expect(
      rows()
        .map(({ line }) => line)
        .slice(2),
    ).toEqual(["third", "fourth"]);
  });
});

describe("syslog", () => {
  it("takes what is malformed as text, masks, and mends times that cannot be stored", async () => {
    const { port, rows, until, counted } = await listening();
    const bytes = Buffer.concat([
      Buffer.from("just text of ann@example.com\n"),
      Buffer.from("<11>1 2001-01-01T00:00:00Z h a - - - old\n"),
      Buffer.from([...Buffer.from("<14>bad "), 0xff, 0xfe, 0x0a]),
      Buffer.from(`<14>${"x".repeat(3000)}\n\n<14>Authorization: Bearer abcdefghijkl1234`),
    ]);
    await send(port, bytes);
    await until(4);
    expect(rows().map(({ line }) => line)).toEqual(
      ["just text of <masked:email>", "old", "bad \uFFFD\uFFFD", "<masked:authorization>"].map(
        (line, i) => (i === 3 ? expect.stringContaining(line) : line),
      ),
    );
    const now = BigInt(Date.now()) * 1_000_000n;
    expect(rows().every(({ time }) => now - time < 60_000_000_000n)).toBe(true);
    expect(await counted("dropped_total")).toContainEqual({
      labels: { subject: "logs", reason: "over_limit" },
      value: 1,
    });
    expect(await counted("masked_total")).toContainEqual({ labels: { rule: "email" }, value: 1 });
  });

  it("stores all that came over TCP, though the store is away for a while", async () => {
    let failures = 1;
    const { port, rows, until, batches, close } = await listening({}, async () => {
      if (failures-- > 0) throw new Error("away");
    });
    const lines = Array.from({ length: 3000 }, (_, i) => `<14>Jan  1 00:00:00 h a: line ${i}\n`);
    await send(port, lines.join(""));
    await until(3000);
    await close();
    expect(rows().map(({ line }) => line)).toEqual(lines.map((_, i) => `line ${i}`));
    // A batch that is tried again is known by its fingerprint.
    expect(batches.every(({ fingerprint = 0n }) => fingerprint > 0n)).toBe(true);
  });

  it("stores what has come before it stops", async () => {
    const { port, rows, close } = await listening({ transports: ["tcp"] });
    await send(port, "<14>last words\n");
    await close();
    expect(rows().map(({ line }) => line)).toEqual(["last words"]);
  });

  it("takes datagrams of several lines and of any bytes as one message each", async () => {
    const { port, rows, until } = await listening({ transports: ["udp"] });
    const socket = createSocket("udp4");
    for (const bytes of ["", "<14>a\nb\n", Buffer.from([0, 1, 2])])
      socket.send(bytes, port, "127.0.0.1");
    await until(2);
    socket.close();
    expect(rows().map(({ line }) => line)).toEqual(["a\nb", "\u0000\u0001\u0002"]);
  });

  it("says which address cannot be had", async () => {
    const { port } = await listening();
    await expect(listening({ port })).rejects.toThrow(
      `cannot listen for syslog on 127.0.0.1:${port}`,
    );
  });
});
