import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "./config.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seaworthy-config-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(text: string, environment: NodeJS.ProcessEnv = {}) {
  const config = join(folder, "seaworthy.yml");
  await writeFile(config, text);
  return loadConfig({ config, demo: true, port: 4321 }, environment);
}

describe("seaworthy.yml", () => {
  it("leaves flapping alerts alone unless it is asked to look for them", async () => {
    const flapping = async (text: string) => (await load(text)).notifications.flapping;
    expect(await flapping("")).toBeUndefined();
    const defaults = { firings: 4, within: 3_600_000, quiet: 1_800_000 };
    expect(await flapping("notifications: { flapping: }")).toEqual(defaults);
    expect(await flapping("notifications: { flapping: { quiet: 10m } }")).toEqual({
      ...defaults,
      quiet: 600_000,
    });
    await expect(flapping("notifications: { flapping: { firings: 1 } }")).rejects.toThrow(
      /firings/,
    );
  });

  it("takes the command line over the file over the defaults, and paths beside the file", async () => {
    const config = await load(
      "http: {port: 1, host: 0.0.0.0}\nprometheus: conf/p.yml\ntelemetry: {retention: 7d, max_memory: 512MiB, recent_memory: 32MiB, downsampling: {1h: {retention: 60d}}}\nlogs: {disk_budget: 1GiB}\n",
    );
    expect(config.http).toMatchObject({ host: "0.0.0.0", port: 4321 });
    expect(config.prometheusFile).toBe(join(folder, "conf/p.yml"));
    expect(config.alertmanagerFile).toBe(join(folder, "alertmanager.yml"));
    expect(config.telemetry).toEqual({
      retentionDays: 7,
      startZeros: false,
      logRetentionDays: 30,
      traceRetentionDays: 30,
      memoryBytes: 512 * 1024 * 1024,
      recentBytes: 32 * 1024 * 1024,
      outOfOrderMs: 7 * 86_400_000,
      diskBudgetBytes: undefined,
      logDiskBudgetBytes: 1024 ** 3,
      traceDiskBudgetBytes: undefined,
      maxSeries: 1_000_000,
      downsampling: true,
      fiveMinutesAfterDays: 7,
      fiveMinutesDays: 90,
      hourAfterDays: 30,
      hourDays: 60,
    });
    expect(config.incidents.severities["critical"]).toBe("P1");
  });

  it("runs the demo only where the file has one", async () => {
    expect((await load("")).demo).toBeUndefined();
    expect((await load("demo: {}")).demo).toMatchObject({ port: 4100 });
    expect((await load("demo: {enabled: false}")).demo).toBeUndefined();
  });

  it("switches on experimental parts of PromQL by Prometheus's names", async () => {
    const config = await load("promql: {features: [promql-duration-expr]}");
    expect(config.promqlFeatures).toEqual(["promql-duration-expr"]);
    await expect(load("promql: {features: [magic]}")).rejects.toThrow(/promql\.features\[0\]/);
  });

  it("names the line of what it does not understand", async () => {
    await expect(load("http:\n  prot: 1\n")).rejects.toThrow(
      /seaworthy\.yml:2:3: http\.prot: unknown field/,
    );
    await expect(load("telemetry: {retention: soon}")).rejects.toThrow(/"soon" is not a duration/);
  });

  it("takes a ClickHouse server's address apart, with its secrets from files or the environment", async () => {
    expect((await load("")).clickhouse).toBeUndefined();
    await writeFile(join(folder, "secret"), "from a file\n");
    const text = "clickhouse: {url: 'https://sea@ch:8443/metrics', password_file: secret}";
    const server = {
      url: "https://ch:8443",
      user: "sea",
      password: "from a file",
      database: "metrics",
      cluster: undefined,
      maxConnections: 8,
      tls: undefined,
    };
    expect((await load(text)).clickhouse).toEqual(server);
    const told = { SEAWORTHY_CLICKHOUSE_PASSWORD: "told" };
    expect((await load(text, told)).clickhouse).toEqual({ ...server, password: "told" });
    const other = { SEAWORTHY_CLICKHOUSE_URL: "http://u:p%40ss@127.0.0.1:8123" };
    expect((await load("clickhouse: {cluster: prod}", other)).clickhouse).toMatchObject({
      url: "http://127.0.0.1:8123",
      user: "u",
      password: "p@ss",
      database: "seaworthy",
      cluster: "prod",
    });
    await expect(load("clickhouse: {url: 'tcp://ch:9000'}")).rejects.toThrow(
      /clickhouse\.url: is not the address of ClickHouse's HTTP interface/,
    );
    await expect(load("clickhouse: {cluster: prod}")).rejects.toThrow(
      /clickhouse\.cluster: needs clickhouse\.url/,
    );
    const missing = text.replace("secret", "missing");
    await expect(load(missing)).rejects.toThrow(/clickhouse\.password_file: cannot be read/);
  });

  it("trusts the proxies that are named, and none otherwise", async () => {
    expect((await load("")).http.trustedProxies).toEqual([]);
    const named = "http: {trusted_proxies: [10.0.0.0/8, '::1']}";
    expect((await load(named)).http.trustedProxies).toEqual(["10.0.0.0/8", "::1"]);
    await expect(load(named.replace("/8", "/80"))).rejects.toThrow(
      /http\.trusted_proxies\[0\]: .*is not a network/,
    );
  });

  it("listens to syslog where it is told to, and to strangers only from networks that are named", async () => {
    expect((await load("")).syslog).toEqual([]);
    expect((await load("syslog: [{listen: '127.0.0.1:5514'}]")).syslog).toEqual([
      {
        host: "127.0.0.1",
        port: 5514,
        transports: ["tcp", "udp"],
        allow: [],
        labels: {},
        maxMessageBytes: 65_536,
      },
    ]);
    const open = "syslog: [{listen: '[::]:514', allow: [10.0.0.0/8], labels: {env: prod}}]";
    expect((await load(open)).syslog).toMatchObject([{ host: "::", labels: { env: "prod" } }]);
    await expect(load(open.replace("allow: [10.0.0.0/8], ", ""))).rejects.toThrow(
      /syslog\[0\]\.allow: .* name the networks/,
    );
    await expect(load(open.replace("/8", "/80"))).rejects.toThrow(/is not a network/);
    const known = open.replace("allow: [10.0.0.0/8]", "cert_file: c.pem, key_file: k.pem");
    await expect(load(known)).rejects.toThrow(/syslog\[0\]\.allow: .* client_ca_file/);
    expect((await load(known.replace("c.pem", "c.pem, client_ca_file: /ca.pem"))).syslog).toEqual([
      expect.objectContaining({
        transports: ["tls"],
        tls: {
          certFile: join(folder, "c.pem"),
          keyFile: join(folder, "k.pem"),
          clientCaFile: "/ca.pem",
        },
      }),
    ]);
    for (const [more, reason] of [
      ["transports: [tls]", /syslog\[0\]\.cert_file: is needed for tls/],
      ["transports: [tcp, tls], cert_file: c, key_file: k", /a port of its own/],
      ["transports: [udp], key_file: k", /does not name tls/],
    ] as const) {
      await expect(load(`syslog: [{listen: '127.0.0.1:1', ${more}}]`)).rejects.toThrow(reason);
    }
  });

  it("follows the logs that it is told to, by paths beside the file", async () => {
    const text = "tail: [{files: ['logs/*.log'], service: shop}, {docker: true}, {journald: true}]";
    expect((await load(text)).tail).toMatchObject([
      { kind: "files", patterns: [join(folder, "logs/*.log")], service: "shop" },
      { kind: "docker", folder: "/var/lib/docker/containers" },
      { kind: "journald" },
    ]);
    await expect(load("tail: [{file: x}]")).rejects.toThrow(/tail\[0\]: needs one of files/);
  });

  it("has buttons for runbooks, and says what is wrong with one and where", async () => {
    const text = (action: string) =>
      `runbooks:\n  actions:\n    restart:\n      title: Restart\n${action}`;
    const parameters = "      parameters: { service: { label: service, pattern: '[a-z-]+' } }\n";
    const good = text(
      `      command: [bin/restart, "--", "{{ .Parameters.service }}"]\n      environment: [HOME, UNSET]\n${parameters}`,
    );
    const { actions } = (await load(good, { PATH: "/bin", HOME: "/root", SECRET: "x" })).runbooks;
    expect(actions).toMatchObject([
      {
        name: "restart",
        role: "member",
        twoPerson: false,
        timeoutMs: 60_000,
        work: {
          kind: "command",
          argv: [join(folder, "bin/restart"), "--", "{{ .Parameters.service }}"],
          folder,
          environment: { PATH: "/bin", HOME: "/root" },
        },
      },
    ]);
    const allowed = actions[0]?.parameters.get("service")?.allowed;
    const fits = (value: string) => allowed?.kind === "pattern" && allowed.fits(value);
    // A pattern fits the whole value.
    expect([fits("shop"), fits("shop; reboot"), fits("shop\n")]).toEqual([true, false, false]);
    const hook = (more: string) => text(`      webhook: { url: "https://d.example/x", ${more} }\n`);
    for (const [wrong, why] of [
      [text(""), /yml:3:5: .*set either command or webhook/],
      [text("      command: restart shop\n"), /yml:5:\d+: .*command/],
      [text(`      command: ["{{ .Parameters.service }}"]\n${parameters}`), /takes no placeholder/],
      [text('      command: [a, "{{ .Parameters.x }}"]\n'), /yml:5:20: .*"x" is none of the/],
      [text('      command: [a, "{{ .Labels.x }}"]\n'), /cannot read \{\{ \.Labels\.x \}\}/],
      [text(`      command: [a]\n${parameters}`), /service: is filled in nowhere/],
      [
        text(`      command: [sh, -c, "x {{ .Parameters.service }}"]\n${parameters}`),
        /is a script, which a value could change/,
      ],
      [good.replace("[a-z-]+", "("), /missing closing/],
      [good.replace("HOME, ", "SEAWORTHY_TOKEN, "), /is the server's own secret/],
      [hook("method: DELETE"), /webhook\.method/],
      [hook("headers: {a: b, X-Y: 'é'}"), /X-Y is one line/],
      [hook("secret_file: s, secret: s"), /set either secret or secret_file/],
      [
        text(`      webhook: { url: "https://{{ .Parameters.service }}.example/" }\n${parameters}`),
        /behind the host only/,
      ],
      [hook("body: {}").replace("Restart", ""), /title/],
      [`${hook("body: {}")}      timeout: 31s\n`, /from 1s to 30s/],
    ] as const)
      await expect(load(wrong), wrong).rejects.toThrow(why);
  });

  it("names the server by its address where it shares a PostgreSQL", async () => {
    expect((await load("")).serverName).toBe("main");
    const shared = await load("", { SEAWORTHY_POSTGRES_URL: "postgres://db/x" });
    expect(shared.serverName).toMatch(/.:4321$/);
    expect(shared.leaseMs).toBe(9000);
    expect((await load("limits: {lease: 3s}")).leaseMs).toBeUndefined();
    expect((await load("server_name: left")).serverName).toBe("left");
  });

  it("refuses a bootstrap token that can be guessed", async () => {
    await expect(load("", { SEAWORTHY_TOKEN: "short" })).rejects.toThrow(
      /SEAWORTHY_TOKEN.*16 characters/,
    );
    expect((await load("", { SEAWORTHY_TOKEN: "x".repeat(32) })).token).toBe("x".repeat(32));
  });
});
