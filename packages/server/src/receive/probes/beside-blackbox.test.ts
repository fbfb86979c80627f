import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startDnsServer } from "../../../test/dns-server.ts";
import { freePort } from "../../../test/free-port.ts";
import { systemClock } from "../../model/index.ts";
import { loadProbeModules } from "./config.ts";
import { ProbeRefused } from "./fault.ts";
import { createProber } from "./prober.ts";
import type { Prober } from "./prober.ts";

const dir = mkdtempSync(join(tmpdir(), "sw-probes-"));
const ip4 = "preferred_ip_protocol: ip4";
const MODULES = `modules:
  http: {prober: http, http: {${ip4}}}
  post: {prober: http, http: {${ip4}, method: POST, body: "a=1", valid_status_codes: [200, 418]}}
  stay: {prober: http, http: {${ip4}, follow_redirects: false, valid_status_codes: [302]}}
  zip: {prober: http, http: {${ip4}, compression: gzip}}
  small: {prober: http, http: {${ip4}, body_size_limit: 3B}}
  words: {prober: http, http: {${ip4}, fail_if_body_not_matches_regexp: ["hel+o"]}}
  noWords: {prober: http, http: {${ip4}, fail_if_body_matches_regexp: ["hel+o"]}}
  header: {prober: http, http: {${ip4}, fail_if_header_not_matches: [{header: X-Made, regexp: "^by"}]}}
  plain: {prober: http, http: {${ip4}, fail_if_not_ssl: true}}
  https: {prober: http, http: {${ip4}, tls_config: {ca_file: ca.crt, server_name: shop.test}}}
  distrust: {prober: http, http: {${ip4}}}
  tcp: {prober: tcp, tcp: {${ip4}}}
  tls: {prober: tcp, tcp: {${ip4}, tls: true, tls_config: {insecure_skip_verify: true}}}
  talk:
    prober: tcp
    timeout: 2s
    tcp:
      ${ip4}
      query_response:
        - expect: "^220 (\\\\w+) ready"
          send: "HELO \${1}"
        - expect: "^250 ok"
  starttls:
    prober: tcp
    tcp:
      ${ip4}
      tls_config: {insecure_skip_verify: true}
      query_response:
        - expect: "^220 "
        - send: "STARTTLS"
        - expect: "^220 go"
        - starttls: true
        - expect: "secret (.*)"
  deaf: {prober: tcp, timeout: 300ms, tcp: {${ip4}, query_response: [{expect: "^never"}]}}
  dns: {prober: dns, dns: {${ip4}, query_name: shop.test, query_type: A}}
  dnsNone: {prober: dns, dns: {${ip4}, query_name: none.test, query_type: A}}
  dnsNames:
    prober: dns
    dns:
      ${ip4}
      query_name: shop.test
      query_type: A
      validate_answer_rrs: {fail_if_not_matches_regexp: ["shop\\\\.test\\\\.\\\\t60\\\\tIN\\\\tA\\\\t192.0.2.1"]}
  dnsBad:
    prober: dns
    dns: {${ip4}, query_name: shop.test, query_type: A, validate_answer_rrs: {fail_if_matches_regexp: ["192.0.2"]}}
  icmp: {prober: icmp, icmp: {${ip4}}}
`;

const servers: Server[] = [];
const ports: Record<string, number> = {};
let exporter: ChildProcess;
let exporterUrl: string;
let prober: Prober;
let dns: Awaited<ReturnType<typeof startDnsServer>>;

async function listen(name: string, server: Server): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push(server);
  ports[name] = (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  execFileSync(
    "openssl",
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 10 -subj /C=NO/O=Shop/CN=shop.test -addext subjectAltName=DNS:shop.test,DNS:www.shop.test,IP:127.0.0.1 -keyout ca.key -out ca.crt".split(
      " ",
    ),
    { cwd: dir, stdio: "ignore" },
  );
  const tls = { key: readFileSync(join(dir, "ca.key")), cert: readFileSync(join(dir, "ca.crt")) };
  await listen(
    "http",
    createHttpServer((request, response) => {
      const { url = "/", method } = request;
      if (url === "/round") return response.writeHead(302, { location: "/round" }).end();
      if (url === "/moved") return response.writeHead(302, { location: "/" }).end("elsewhere");
      if (url === "/broken") return response.writeHead(500).end("no");
      if (method === "POST") return response.writeHead(418).end("tea");
      response.setHeader("last-modified", "Wed, 21 Oct 2015 07:28:00 GMT");
      response.setHeader("x-made", "by hand");
      if (url === "/zip") {
        // "hello" by gzip.
        response.setHeader("content-encoding", "gzip");
        return response.end(
          Buffer.from("1f8b0800000000000003cb48cdc9c9070086a6103605000000", "hex"),
        );
      }
      return response.end("hello");
    }),
  );
  await listen(
    "https",
    createHttpsServer(tls, (_request, response) => response.end("safe")),
  );
  const { TLSSocket } = await import("node:tls");
  await listen(
    "talk",
    createServer((socket) => {
      socket.on("error", () => {});
      socket.write("hello\r\n220 mail ready\r\n");
      socket.once("data", (line) => {
        if (!line.toString().startsWith("STARTTLS")) {
          socket.write(line.toString() === "HELO mail\n" ? "250 ok\r\n" : "500 no\r\n");
          return;
        }
        socket.write("220 go\r\n");
        new TLSSocket(socket, { isServer: true, ...tls })
          .on("error", () => {})
          .write("the secret word\r\n");
      });
    }),
  );
  dns = await startDnsServer((name) =>
    name === "shop.test" ? [{ type: "A", value: "192.0.2.1" }] : 3,
  );
  ports["dns"] = Number(dns.address.split(":")[1]);
  ports["closed"] = await freePort();
  const file = join(dir, "blackbox.yml");
  writeFileSync(file, MODULES);
  prober = createProber({ clock: systemClock, log: pino({ level: "silent" }), addresses: [] });
  prober.apply(await loadProbeModules(file));
  const port = await freePort();
  exporterUrl = `http://127.0.0.1:${port}`;
  exporter = spawn(
    "prometheus-blackbox-exporter",
    [`--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`],
    { cwd: dir, stdio: "ignore" },
  );
  await vi.waitFor(() => fetch(`${exporterUrl}/-/healthy`), { timeout: 30_000, interval: 100 });
});

afterAll(async () => {
  exporter.kill();
  for (const server of servers) server.close();
  await dns.close();
  rmSync(dir, { recursive: true, force: true });
});

function series(exposition: string): Map<string, number> {
  const lines = exposition.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))] as const;
    }),
  );
}

/** What differs from run to run; of these only that they are there is compared. */
const MEASURED = /^(probe_duration|probe_dns_lookup|probe_(http|icmp|dns)_duration)/;
/** The exporter of the distribution is older than this series. */
const NEWER = /^probe_tls_cipher_info/;

const CASES: readonly (readonly [module: string, target: string])[] = [
  ["http", "http://127.0.0.1:HTTP/"],
  ["http", "127.0.0.1:HTTP/moved"],
  ["http", "127.0.0.1:HTTP/broken"],
  ["http", "127.0.0.1:CLOSED"],
  ["http", "http://localhost:HTTP/"],
  ["post", "127.0.0.1:HTTP/"],
  ["stay", "127.0.0.1:HTTP/moved"],
  ["zip", "127.0.0.1:HTTP/zip"],
  ["words", "127.0.0.1:HTTP/"],
  ["noWords", "127.0.0.1:HTTP/"],
  ["header", "127.0.0.1:HTTP/"],
  ["header", "127.0.0.1:HTTP/broken"],
  ["plain", "127.0.0.1:HTTP/"],
  ["https", "https://127.0.0.1:HTTPS/"],
  ["tcp", "127.0.0.1:HTTP"],
  ["tcp", "127.0.0.1:CLOSED"],
  ["tls", "127.0.0.1:HTTPS"],
  ["talk", "127.0.0.1:TALK"],
  ["starttls", "127.0.0.1:TALK"],
  ["dns", "127.0.0.1:DNS"],
  ["dnsNone", "127.0.0.1:DNS"],
  ["dnsNames", "127.0.0.1:DNS"],
  ["dnsBad", "127.0.0.1:DNS"],
];

const place = (target: string) =>
  target.replaceAll(/HTTPS|HTTP|TALK|DNS|CLOSED/g, (name) => String(ports[name.toLowerCase()]));

async function both(module: string, target: string) {
  const parameters = new URLSearchParams({ module, target: place(target) });
  const never = new AbortController().signal;
  const ours = await prober.probe(parameters, 20_000, never);
  const theirs = await fetch(`${exporterUrl}/probe?${parameters}`);
  return { text: ours, ours: series(ours), theirs: series(await theirs.text()) };
}

it.each(CASES)("%s of %s gives the exporter's series", async (module, target) => {
  const { text, ours, theirs } = await both(module, target);
  for (const name of ours.keys()) if (NEWER.test(name)) ours.delete(name);
  expect([...ours.keys()].toSorted(), text).toEqual([...theirs.keys()].toSorted());
  const stable = (all: Map<string, number>) =>
    Object.fromEntries([...all].filter(([name]) => !MEASURED.test(name)));
  expect(stable(ours), text).toEqual(stable(theirs));
});

it("gives the exporter's series of a host that answers an echo request, or says why not", async () => {
  const asked = await both("icmp", "127.0.0.1").catch((error: unknown) => error);
  if (asked instanceof ProbeRefused) {
    expect(asked.message).toMatch(/^ICMP is not allowed here: the program ping may not: /);
    return;
  }
  const { ours, theirs } = asked as Awaited<ReturnType<typeof both>>;
  expect([...ours.keys()].toSorted()).toEqual([...theirs.keys()].toSorted());
  expect(ours.get("probe_success")).toBe(1);
  expect(ours.get("probe_icmp_reply_hop_limit")).toBe(64);
  expect(ours.get('probe_icmp_duration_seconds{phase="rtt"}')).toBeGreaterThan(0);
});

it("says when a certificate ends that it does not trust", async () => {
  const { text, ours } = await both("distrust", "https://127.0.0.1:HTTPS/");
  expect(ours.get("probe_success")).toBe(0);
  expect(ours.get("probe_ssl_earliest_cert_expiry")).toBeGreaterThan(Date.now() / 1000);
  expect(text).toMatch(/^# failed: the certificate is not trusted: .*SELF_SIGNED/);
});

it("ends at the module's timeout, at a circle and at a body that is too large", async () => {
  const late = await both("deaf", "127.0.0.1:TALK");
  expect(late.ours.get("probe_success")).toBe(0);
  expect(late.text).toContain("# failed: no answer within 0.3 s");
  const round = await both("http", "127.0.0.1:HTTP/round");
  expect(round.ours.get("probe_success")).toBe(0);
  expect(round.text).toContain("more than 10 times");
  const large = await both("small", "127.0.0.1:HTTP/");
  expect([large.ours.get("probe_success"), large.theirs.get("probe_success")]).toEqual([0, 0]);
});
