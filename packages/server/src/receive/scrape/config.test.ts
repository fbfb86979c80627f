import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../model/index.ts";
import { loadPrometheusConfig } from "./config.ts";
import type { PrometheusConfig } from "./job.ts";

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sw-scrape-config-"));
  await writeFile(join(directory, "token"), "t0ken\n");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function load(text: string): Promise<PrometheusConfig | ConfigError> {
  const file = join(directory, "prometheus.yml");
  await writeFile(file, text);
  try {
    return await loadPrometheusConfig(file);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

async function loaded(text: string): Promise<PrometheusConfig> {
  const result = await load(text);
  if (result instanceof ConfigError) throw result;
  return result;
}

async function faults(text: string): Promise<string> {
  const result = await load(text);
  return result instanceof ConfigError ? result.message.replaceAll(`${directory}/`, "") : "";
}

const jobWith = (lines: string) =>
  `scrape_configs:\n  - job_name: shop\n${lines.replaceAll(/^/gm, "    ")}\n`;

/** Both readers must take these. */
const accepted: Record<string, string> = {
  "an empty file": "",
  "only comments": "# nothing\n",
  "an empty global": "global:\n",
  "durations of all kinds":
    "global: {scrape_interval: 1m30s, scrape_timeout: 250ms, evaluation_interval: 1d}",
  "a zero interval means the default": "global: {scrape_interval: 0}",
  "a short interval shortens the timeout": "global: {scrape_interval: 1s}",
  "external labels": "global: {external_labels: {cluster: a, version: 1.10, empty: ''}}",
  "rule patterns": "rule_files: ['rules/*.yml', '*.rules']",
  "an alertmanager":
    "alerting: {alertmanagers: [{static_configs: [{targets: ['a:9093']}], timeout: 5s, path_prefix: /am}]}",
  "a plain job": jobWith("static_configs: [{targets: ['localhost:80'], labels: {a: b}}]"),
  "a job name that YAML takes for a number": "scrape_configs: [{job_name: 123}]",
  "a job without targets": "scrape_configs: [{job_name: a}]",
  "a target group without targets": jobWith("static_configs: [{labels: {a: b}}]"),
  "a target without a port": jobWith("static_configs: [{targets: [localhost]}]"),
  "YAML 1.1 booleans": jobWith("honor_labels: yes\nhonor_timestamps: off"),
  params: jobWith("params: {module: [http_2xx], debug: ['true', 'x']}"),
  "an unknown scheme": jobWith("scheme: gopher"),
  "basic auth": jobWith("basic_auth: {username: u, password: p}"),
  "a password file": jobWith("basic_auth: {username: u, password_file: token}"),
  authorization: jobWith("authorization: {type: ' Token ', credentials: x}"),
  "a credentials file": jobWith("authorization: {credentials_file: token}"),
  "a bearer token": jobWith("bearer_token: x"),
  "OAuth 2": jobWith(
    "oauth2: {client_id: a, client_secret_file: token, token_url: 'http://x/y', scopes: [s], endpoint_params: {a: b}, tls_config: {insecure_skip_verify: true}}",
  ),
  limits: jobWith("sample_limit: 10\nlabel_limit: 5\nbody_size_limit: 10MB\ntarget_limit: 3"),
  "a compound size": jobWith("body_size_limit: 1MB512KB"),
  "no size limit": jobWith("body_size_limit: 0"),
  "TLS settings": jobWith(
    "tls_config: {insecure_skip_verify: true, server_name: x}\nscheme: https",
  ),
  "no redirects": jobWith("follow_redirects: false\nenable_http2: false"),
  "merge keys and anchors":
    "x: &base\n".replace("x: &base\n", "") +
    "scrape_configs:\n  - &a {job_name: a, scrape_interval: 5s, scrape_timeout: 1s}\n  - {<<: *a, job_name: b}\n",
  "nulls mean absent": jobWith("static_configs:\nbasic_auth:\nscrape_interval:"),
  "an interval of the job's own": jobWith("scrape_interval: 1s"),
  "a server of targets": jobWith(
    "http_sd_configs: [{url: 'http://x/y', refresh_interval: 5s, basic_auth: {username: a}}]",
  ),
  "DNS records": jobWith("dns_sd_configs: [{names: [a]}, {names: [b, c], type: mx, port: 80}]"),
  "every relabel action": jobWith(
    `relabel_configs:
  - {source_labels: [__address__], regex: '(.*):.*', target_label: host, replacement: '$1'}
  - {source_labels: [a, b], separator: '/', target_label: '\${1}_x', regex: '(.*)'}
  - {source_labels: [a], regex: x, action: keep}
  - {source_labels: [a], regex: x, action: Drop}
  - {source_labels: [a], modulus: 8, target_label: shard, action: hashmod}
  - {regex: __meta_(.+), action: labelmap}
  - {regex: a.*, action: labeldrop}
  - {regex: .*, action: labelkeep}
  - {source_labels: [a], target_label: b, action: lowercase}
  - {source_labels: [a], target_label: b, action: uppercase}
  - {source_labels: [a], target_label: b, action: keepequal}
  - {source_labels: [a], target_label: b, action: dropequal}`,
  ),
  "a path in a target that is relabelled": jobWith(
    "static_configs: [{targets: ['http://x/y']}]\nrelabel_configs: [{target_label: __address__, replacement: b}]",
  ),
};

/** Both readers must refuse these; ours with this text. */
const refused: Record<string, [yaml: string, message: string | RegExp]> = {
  "OAuth 2 without a place to ask": [
    jobWith("oauth2: {client_id: a, client_secret: b}"),
    "scrape_configs[0].oauth2.token_url: is missing or empty",
  ],
  "OAuth 2 beside a password": [
    jobWith("basic_auth: {username: a}\noauth2: {client_id: a, token_url: 'http://x'}"),
    "give at most one of basic_auth, oauth2",
  ],
  "broken YAML": ["global: [", /^prometheus\.yml:\d+:\d+: /],
  "an unknown field": ["globl: {}", 'prometheus.yml:1:1: globl: unknown field "globl"'],
  "an unknown field of a job": [
    jobWith("interval: 5s"),
    'prometheus.yml:3:5: scrape_configs[0].interval: unknown field "interval"',
  ],
  "a doubled key": ["global: {}\nglobal: {}\n", "prometheus.yml:2:1"],
  "a number as duration": [
    "global: {scrape_interval: 15}",
    'global.scrape_interval: expected a duration such as 15s or 1m30s, found "15"',
  ],
  "a decimal duration": ["global: {scrape_interval: 1.5s}", "expected a duration"],
  "a negative duration": ["global: {scrape_interval: -1s}", "expected a duration"],
  "an empty duration": ["global: {scrape_interval: ''}", "expected a duration"],
  "a long timeout": [
    "global: {scrape_interval: 5s, scrape_timeout: 10s}",
    "global.scrape_timeout: the scrape timeout is longer than the scrape interval",
  ],
  "a job's long timeout": [
    jobWith("scrape_interval: 5s\nscrape_timeout: 6s"),
    "prometheus.yml:4:5: scrape_configs[0].scrape_timeout: the scrape timeout is longer",
  ],
  "a bad external label": [
    "global: {external_labels: {'': c}}",
    'global.external_labels.: "" is not a label name',
  ],
  "a job without a name": ["scrape_configs: [{scheme: http}]", "job_name is missing or empty"],
  "an empty job": ["scrape_configs: [null]", "scrape_configs[0]: an empty scrape config"],
  "two jobs of one name": [
    "scrape_configs:\n  - job_name: a\n  - job_name: b\n  - job_name: a\n",
    'prometheus.yml:4:5: scrape_configs[2].job_name: another scrape config has the job name "a"',
  ],
  "a URL as target": [
    jobWith("static_configs: [{targets: ['http://x:1']}]"),
    '"http://x:1" is not host:port',
  ],
  "a target that relabelling breaks": [
    jobWith(
      "static_configs: [{targets: [a]}]\nrelabel_configs: [{target_label: __scrape_interval__, replacement: soon}]",
    ),
    'targets[0]: __scrape_interval__ is "soon"',
  ],
  "an empty target group": [jobWith("static_configs: [null]"), "an empty target group"],
  "a bad label of a group": [
    jobWith("static_configs: [{targets: [a], labels: {'': x}}]"),
    "is not a label name",
  ],
  "a text for a list": [jobWith("static_configs: {targets: [a]}"), "static_configs"],
  "a list for a text": [jobWith("metrics_path: [a]"), "expected a text, found a list"],
  "a word for a boolean": [jobWith("honor_labels: maybe"), 'expected true or false, found "maybe"'],
  "a negative limit": [jobWith("sample_limit: -1"), "expected a whole number from 0"],
  "a broken size": [jobWith("body_size_limit: 10 apples"), "expected a size"],
  "two passwords": [
    jobWith("basic_auth: {password: a, password_file: token}"),
    "at most one of password and password_file",
  ],
  "two bearers": [jobWith("bearer_token: a\nbearer_token_file: token"), "at most one of bearer"],
  "two ways to sign in": [
    jobWith("basic_auth: {username: a}\nbearer_token: b"),
    "at most one of basic_auth, bearer_token",
  ],
  "basic auth and authorization": [
    jobWith("basic_auth: {username: a}\nauthorization: {credentials: b}"),
    "at most one of basic_auth, authorization",
  ],
  "the type basic": [
    jobWith("authorization: {type: Basic, credentials: x}"),
    "use basic_auth instead",
  ],
  "two credentials": [
    jobWith("authorization: {credentials: x, credentials_file: token}"),
    "at most one of credentials and credentials_file",
  ],
  "a missing credentials file": [
    jobWith("authorization: {credentials_file: nowhere}"),
    "scrape_configs[0].authorization: a file cannot be read",
  ],
  "a certificate without its key": [
    jobWith("tls_config: {cert_file: token}"),
    "a client certificate needs its key",
  ],
  "a rule pattern with an inner star": [
    "rule_files: ['*/x.yml']",
    "a * may only stand in the last",
  ],
  "an unknown relabel action": [jobWith("relabel_configs: [{action: explode}]"), "unknown action"],
  "replace without target": [jobWith("relabel_configs: [{regex: a}]"), "needs a target_label"],
  "hashmod without modulus": [
    jobWith("relabel_configs: [{action: hashmod, target_label: a}]"),
    "needs a modulus",
  ],
  "a broken regular expression": [
    jobWith("relabel_configs: [{regex: '(', target_label: a}]"),
    "relabel_configs[0].regex: is not a regular expression",
  ],
  "labeldrop with a source": [
    jobWith("relabel_configs: [{action: labeldrop, source_labels: [a], regex: b}]"),
    "has no meaning for the action labeldrop",
  ],
  "keepequal with a pattern": [
    jobWith(
      "relabel_configs: [{action: keepequal, source_labels: [a], target_label: b, regex: c}]",
    ),
    "has no meaning for the action keepequal",
  ],
  "a source label that is no name": [
    jobWith("relabel_configs: [{source_labels: [''], target_label: c}]"),
    "expected a label name",
  ],
  "a server of targets without a URL": [jobWith("http_sd_configs: [{}]"), "url is missing"],
  "a server of targets that is none": [
    jobWith("http_sd_configs: [{url: 'ftp://x'}]"),
    "http_sd_configs[0].url: expected an http or https URL",
  ],
  "DNS records without names": [jobWith("dns_sd_configs: [{type: A}]"), "names is missing"],
  "DNS records without a port": [
    jobWith("dns_sd_configs: [{names: [a], type: A}]"),
    "dns_sd_configs[0]: A records have no port",
  ],
  "DNS records of no type": [
    jobWith("dns_sd_configs: [{names: [a], type: TXT, port: 1}]"),
    "dns_sd_configs[0].type: unknown type",
  ],
  "a no_proxy alone": [jobWith("no_proxy: a.b"), "has a meaning with proxy_url only"],
  "a certificate twice": [
    jobWith("tls_config: {ca: x, ca_file: token}"),
    "at most one of ca and ca_file",
  ],
  "discovery files of another kind": [
    jobWith("file_sd_configs: [{files: ['targets.txt']}]"),
    "must end in .json, .yml or .yaml",
  ],
};

/** What Prometheus 3 takes and version 2, which may be the promtool here, does not. */
const acceptedSince3: Record<string, string> = {
  "a proxy": jobWith("proxy_url: http://u:p@x:3128\nno_proxy: a.b\nproxy_connect_header: {a: [b]}"),
  "a certificate in the text": jobWith("tls_config: {cert: x, key: y, ca: z}"),
  "names of any text": jobWith(
    "static_configs: [{targets: [a], labels: {'a.b': x, 1a: y}}]\nrelabel_configs: [{source_labels: [a-b], target_label: c.d}]",
  ),
  "what is written beside the samples": `global: {scrape_failure_log_file: f, extra_scrape_metrics: true, convert_classic_histograms_to_nhcb: true, rule_query_offset: 1m}\n${jobWith("scrape_failure_log_file: g\nextra_scrape_metrics: false\nconvert_classic_histograms_to_nhcb: false")}`,
  "the newer ways to prove who asks": jobWith(
    "basic_auth: {username_file: token}\nproxy_from_environment: true",
  ),
  "a grant that is signed": jobWith(
    "oauth2: {client_id: a, token_url: 'http://x', grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', client_certificate_key_file: token, signature_algorithm: RS384, claims: {a: [b]}}",
  ),
  "the legacy scheme": jobWith("metric_name_validation_scheme: legacy"),
  "an escaping": `global: {metric_name_escaping_scheme: dots}\n${jobWith("keep_dropped_targets: 3")}`,
};
const refusedSince3: Record<string, [yaml: string, message: string]> = {
  "a header that is the client's own": [
    jobWith("http_headers: {Authorization: {values: [x]}}"),
    "http_headers.Authorization: cannot be set",
  ],
  "a grant that is not known": [
    jobWith("oauth2: {client_id: a, token_url: 'http://x', grant_type: password}"),
    "oauth2.grant_type: must be client_credentials",
  ],
  "two names of users": [
    jobWith("basic_auth: {username: a, username_file: token}"),
    "basic_auth.username: give at most one",
  ],
  "two proxies": [
    jobWith("proxy_url: 'http://x'\nproxy_from_environment: true"),
    "proxy_from_environment: give at most one",
  ],
  "UTF-8 names asked for in the legacy scheme": [
    jobWith("metric_name_validation_scheme: legacy\nmetric_name_escaping_scheme: allow-utf-8"),
    "allow-utf-8 contradicts",
  ],
};

const promtool = spawnSync("promtool", ["--version"]).status === 0;

async function promtoolAccepts(text: string): Promise<boolean> {
  const file = join(directory, "prometheus.yml");
  await writeFile(file, text);
  return spawnSync("promtool", ["check", "config", file]).status === 0;
}

describe("what promtool accepts is accepted", () => {
  it.each(Object.entries(accepted))("%s", async (_name, text) => {
    expect(await faults(text)).toBe("");
    if (promtool) expect(await promtoolAccepts(text)).toBe(true);
  });
});

describe("what promtool refuses is refused, with its place", () => {
  it.each(Object.entries(refused))("%s", async (_name, [text, message]) => {
    expect(await faults(text)).toMatch(message);
    if (promtool) expect(await promtoolAccepts(text)).toBe(false);
  });
});

it.each(Object.entries(acceptedSince3))("accepts %s, as Prometheus 3", async (_name, text) => {
  expect(await faults(text)).toBe("");
});
it.each(Object.entries(refusedSince3))(
  "refuses %s, as Prometheus 3",
  async (_name, [text, why]) => {
    expect(await faults(text)).toContain(why);
  },
);

it("refuses by name the fields of Prometheus that it does not act on", async () => {
  const text = `remote_write: [{url: 'http://x'}]\n${jobWith("consul_sd_configs: []\nbasic_auth: {username_ref: x}")}`;
  const message = await faults(text);
  expect(message).toContain(
    "prometheus.yml:1:1: remote_write: remote_write is a field of Prometheus that is not supported yet",
  );
  expect(message).toContain("prometheus.yml:4:5: scrape_configs[0].consul_sd_configs: ");
  expect(message).toContain("scrape_configs[0].basic_auth.username_ref: ");
});

it("fills in the defaults", async () => {
  const config = await loaded(
    `global: {scrape_interval: 5s}\nrule_files: [rules/*.yml, /etc/x.yml]\n${jobWith("static_configs: [{targets: [a], labels: {version: 1.10}}]")}`,
  );
  expect(config).toMatchObject({
    scrapeInterval: 5000,
    scrapeTimeout: 5000,
    evaluationInterval: 60_000,
    ruleFiles: [join(directory, "rules/*.yml"), "/etc/x.yml"],
    notes: [],
  });
  expect(config.jobs).toMatchObject([
    {
      jobName: "shop",
      scrapeInterval: 5000,
      scrapeTimeout: 5000,
      metricsPath: "/metrics",
      scheme: "http",
      honorLabels: false,
      honorTimestamps: true,
      staticGroups: [{ targets: ["a"], labels: { version: "1.10" } }],
    },
  ]);
});

it("says what has no effect", async () => {
  const { notes, alertmanagers } = await loaded(
    `global: {}
alerting:
  alert_relabel_configs: []
  alertmanagers:
    - {static_configs: [{targets: ['a:9093', 'b:9093']}], path_prefix: am/, scheme: https}
    - {dns_sd_configs: [{names: [am]}], timeout: 3s}
`,
  );
  expect(notes).toMatchObject([
    { line: 3, path: "alerting.alert_relabel_configs" },
    { line: 6, path: "alerting.alertmanagers[1].dns_sd_configs" },
  ]);
  expect(alertmanagers).toMatchObject([
    {
      urls: ["https://a:9093/am/api/v2/alerts", "https://b:9093/am/api/v2/alerts"],
      timeout: 10_000,
    },
    { urls: [], timeout: 3000 },
  ]);
});

it("shows secrets nowhere", async () => {
  const config = await loaded(
    jobWith("authorization: {credentials: hunter2}") +
      "  - {job_name: b, basic_auth: {username: u, password: hunter2}}\n",
  );
  expect(JSON.stringify(config)).not.toContain("hunter2");
  expect(inspect(config, { depth: null })).not.toContain("hunter2");
  const message = await faults(jobWith("authorization: {credentials: hunter2, type: basic}"));
  expect(message).not.toContain("hunter2");
});

it("answers every file with a configuration or a ConfigError", async () => {
  const pieces = fc.constantFrom(
    ...'global: scrape_configs: - { } [ ] job_name: x & * << | > null 0 1.5 "a" \t # \u0000 é'.split(
      " ",
    ),
    "\n",
    "\n  ",
    " ",
  );
  const texts = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      await load(text);
    }),
    { numRuns: 300 },
  );
});
