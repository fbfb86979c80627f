import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { ConfigError, formatFault } from "../../model/index.ts";
import { loadProbeModules } from "./config.ts";

const dir = mkdtempSync(join(tmpdir(), "sw-modules-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function faults(text: string): Promise<string> {
  const file = join(dir, "blackbox.yml");
  writeFileSync(file, `modules:\n  m: ${text}\n`);
  try {
    await loadProbeModules(file);
    return "";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => formatFault(fault).replace(`${dir}/`, "")).join("\n");
  }
}

it.each([
  ["{prober: grpc}", /2:\d+: modules\.m\.prober: the prober "grpc" is not supported; one of http,/],
  ["{prober: http, http: {proxy_url: 'http://x'}}", /proxy_url is a field of blackbox_exporter/],
  ["{prober: http, http: {fail_if_body_json_matches_cel: x}}", /fail_if_body_json_matches_cel/],
  ["{prober: http, http: {valid_http_versions: [HTTP/2.0]}}", /probes use HTTP\/1\.1/],
  ["{prober: http, http: {fail_if_ssl: true, fail_if_not_ssl: true}}", /contradicts/],
  ["{prober: http, http: {fail_if_body_matches_regexp: ['(']}}", /regexp/],
  ["{prober: http, http: {basic_auth: {username: a, password_file: no}}}", /cannot be read/],
  ["{prober: http, http: {colour: red}}", /unknown field "colour"/],
  ["{prober: dns}", /needs the field dns with a query_name/],
  ["{prober: dns, dns: {query_name: x, query_type: Q}}", /is not a type of query/],
  ["{prober: icmp, icmp: {ttl: 300}}", /is not from 1 to 255/],
])("refuses %s by name", async (module, reason) => {
  expect(await faults(module)).toMatch(reason);
});

it("takes the modules of a new installation", async () => {
  const shipped = fileURLToPath(new URL("../../../../../content/blackbox.yml", import.meta.url));
  const modules = await loadProbeModules(shipped);
  expect([...modules.keys()]).toContain("http_2xx");
});
