import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError } from "../../model/index.ts";
import { loadRouteConfig } from "./load.ts";
import type { RouteConfig } from "./route-config.ts";
import { groupKeyOf, groupLabelsOf, matchRoutes } from "./route-tree.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sw-alertmanager-"));
});
afterAll(() => rm(dir, { recursive: true }));

async function load(text: string): Promise<RouteConfig> {
  const file = join(dir, "alertmanager.yml");
  await writeFile(file, text);
  return loadRouteConfig(file);
}

/** The faults of a file, without its folder. */
async function faults(text: string): Promise<string> {
  const error: unknown = await load(text).then(
    () => new Error("it was accepted"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw error;
  return error.message.replaceAll(`${dir}/`, "");
}

const RECEIVERS = `
receivers:
  - name: a
    webhook_configs: [{url: "http://127.0.0.1:1/"}]
  - name: b
`;

describe("a valid file", () => {
  it("gives routes what they inherit", async () => {
    const { root } = await load(`
route:
  receiver: a
  group_by: [alertname]
  group_wait: 1s
  routes:
    - matchers: [team="x", 'severity=~"page|warn"']
      group_by: ['...']
      group_interval: 2m
      routes:
        - match: {version: 1.10}
          receiver: b
${RECEIVERS}`);
    const [child] = root.routes;
    const [leaf] = child?.routes ?? [];
    expect(leaf).toMatchObject({
      receiver: "b",
      groupBy: "all",
      groupWait: 1000,
      groupInterval: 120_000,
      repeatInterval: 4 * 3_600_000,
      key: '{}/{severity=~"page|warn",team="x"}/{version="1.10"}',
    });
    expect(child?.receiver).toBe("a");
    const labels = { alertname: "A", team: "x", severity: "page", version: "1.10" };
    const [found] = matchRoutes(root, labels);
    expect(found?.key).toBe(leaf?.key);
    expect(groupKeyOf(root, groupLabelsOf(root, labels))).toBe('{}:{alertname="A"}');
  });

  it("inherits what groups are made by where the list is empty, as Alertmanager does", async () => {
    const { root } = await load(
      `route: {receiver: a, group_by: [x], routes: [{group_by: []}, {group_by: [y]}]}${RECEIVERS}`,
    );
    expect(root.routes.map(({ groupBy }) => groupBy)).toEqual([new Set(["x"]), new Set(["y"])]);
  });

  it("goes on after a match only where told to, and stays at a node without a matching child", async () => {
    const { root } = await load(`
route:
  receiver: a
  routes:
    - {matchers: [x=1], receiver: b, continue: yes}
    - {matchers: [y=1], receiver: a, group_by: [one]}
    - {matchers: [y=1], receiver: a, group_by: [two]}
${RECEIVERS}`);
    const keys = (labels: Record<string, string>) => matchRoutes(root, labels).map((r) => r.key);
    expect(keys({ x: "1", y: "1" })).toEqual(['{}/{x="1"}', '{}/{y="1"}']);
    expect(keys({ z: "1" })).toEqual(["{}"]);
  });

  it("gives integrations what they do not say themselves, and files their place", async () => {
    const { warnings, receivers } = await load(`
route: {receiver: both}
global:
  smtp_smarthost: "localhost:25"
  smtp_from: me@example.org
  smtp_auth_password_file: mail-password
  opsgenie_api_key: k
  pagerduty_url: https://pager.example/x
  slack_app_token: xoxb
  http_config: {proxy_url: "http://proxy:3128", http_headers: {X-Team: {files: [team]}}}
receivers:
  - name: both
    email_configs: [{to: you@example.org, require_tls: false}]
    pagerduty_configs: [{routing_key: k}]
    opsgenie_configs: [{api_url: "https://og.example/base"}]
    slack_configs: [{channel: x}, {api_url_file: hook, channel: x}]
    webhook_configs: [{url_file: hook-url, http_config: {tls_config: {ca_file: ca}}}]
    msteamsv2_configs: [{webhook_url: "https://teams", http_config: {bearer_token: b}}]
`);
    expect(warnings).toEqual([]);
    const all = receivers.get("both")?.integrations ?? [];
    const first = (name: string) => all.find((one) => one.name === name);
    expect(first("webhook")).toMatchObject({
      settings: { url_file: join(dir, "hook-url") },
      target: { file: join(dir, "hook-url") },
      http: { tls_config: { ca_file: join(dir, "ca") }, proxy_url: "" },
      sendResolved: true,
    });
    expect(first("email")).toMatchObject({
      settings: {
        smarthost: "localhost:25",
        from: "me@example.org",
        hello: "localhost",
        require_tls: false,
        auth_password_file: join(dir, "mail-password"),
      },
      sendResolved: false,
    });
    expect(first("pagerduty")).toMatchObject({
      target: { url: "https://pager.example/x" },
      http: {
        proxy_url: "http://proxy:3128",
        http_headers: { "X-Team": { files: [join(dir, "team")] } },
      },
    });
    expect(first("opsgenie")).toMatchObject({
      settings: { api_key: "k" },
      target: { url: "https://og.example/base/" },
    });
    expect(first("slack")).toMatchObject({
      target: { url: "https://slack.com/api/chat.postMessage" },
      http: { authorization: { credentials: "xoxb" } },
    });
    expect(first("msteamsv2")).toMatchObject({
      http: { proxy_url: "http://proxy:3128", bearer_token: "b" },
    });
  });

  it("says that nobody is notified when no receiver in use has an integration", async () => {
    const { warnings } = await load(`route: {receiver: b}${RECEIVERS}`);
    expect(warnings).toEqual([expect.stringMatching(/^nobody is notified/)]);
  });

  it("masks secrets where it shows the file", async () => {
    const { original } = await load(`
# who is told
route: {receiver: a}
global:
  slack_api_url: https://hooks.slack.com/services/SECRET1
  http_config: {basic_auth: {username: me, password: SECRET2}}
receivers:
  - name: a
    webhook_configs:
      - url: http://example.org/SECRET3
        http_config: {authorization: {credentials: SECRET4}, http_headers: {X: {secrets: [SECRET5]}}}
    slack_configs: [{channel: "#x", api_url: "http://example.org/SECRET6"}]
    pagerduty_configs: [{routing_key: SECRET7, url: "http://example.org/shown"}]
`);
    expect(original).not.toContain("SECRET");
    for (const shown of ["# who is told", "username: me", "http://example.org/shown", "<secret>"])
      expect(original).toContain(shown);
  });

  it("reads template files, and warns of fields that do not parse", async () => {
    await mkdir(join(dir, "t"), { recursive: true });
    await writeFile(join(dir, "t/a.tmpl"), '{{ define "x" }}hello{{ end }}');
    const { templates, warnings } = await load(`
route: {receiver: a}
templates: ["t/*.tmpl", "nothing/*.tmpl"]
receivers:
  - name: a
    slack_configs: [{api_url: "http://x/", text: '{{ template "x" . }}', title: '{{ .Nope'}]
`);
    expect(templates.map(({ path }) => path)).toEqual([join(dir, "t/a.tmpl")]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/slack_configs\[0\]\.title: its template does not parse/);
  });
});

describe("a broken file", () => {
  it.each([
    ["", "alertmanager.yml:1:1: route: a route must be given: it says who is notified"],
    ["route: {}\n", "alertmanager.yml:1:1: route: the root route needs a receiver"],
    [
      "route:\n  receiver: nobody\n",
      'alertmanager.yml:2:3: route.receiver: receiver "nobody" is not defined',
    ],
    [
      `route: {receiver: a, matchers: [x=1]}${RECEIVERS}`,
      "alertmanager.yml:1:22: route.matchers: the root route cannot have matchers",
    ],
    [
      `route: {receiver: a, continue: true}${RECEIVERS}`,
      "route.continue: the root route cannot continue",
    ],
    [
      `route: {receiver: a, group_interval: 0s}${RECEIVERS}`,
      "route.group_interval: cannot be zero",
    ],
    [
      `route: {receiver: a, group_by: [x, "..."]}${RECEIVERS}`,
      "route.group_by[1]: cannot stand beside other labels",
    ],
    [
      `route: {receiver: a, group_by: [x, x]}${RECEIVERS}`,
      'route.group_by[1]: duplicates label "x"',
    ],
    [`route: {receiver: a, group_wait: 5}${RECEIVERS}`, 'route.group_wait: "5" is not a duration'],
    [
      `route:\n  receiver: a\n  routes:\n    - matchers: ["x=="]${RECEIVERS}`.replace(
        "x==",
        'x=~\\"(\\"',
      ),
      "alertmanager.yml:4:18: route.routes[0].matchers[0]: bad regular expression",
    ],
    [
      `route: {receiver: a, routes: [{mute_time_intervals: [x]}]}${RECEIVERS}`,
      'route.routes[0].mute_time_intervals[0]: time interval "x" is not defined',
    ],
    [
      "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]",
      'alertmanager.yml:2:25: receivers[1].name: receiver "a" is defined twice',
    ],
    [
      "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{}]}]",
      "receivers[0].webhook_configs[0]: one of url, url_file must be set",
    ],
    [
      "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'ftp://x'}]}]",
      "receivers[0].webhook_configs[0].url: must be a URL",
    ],
    [
      "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://x', urll: 1}]}]",
      'unknown field "urll"',
    ],
    [
      "route: {receiver: a}\nreceivers: [{name: a, slack_configs: [{}]}]",
      "receivers[0].slack_configs[0]: api_url or api_url_file or app_token",
    ],
    [
      "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://x', http_config: {bearer_token: x, basic_auth: {}}}]}]",
      "at most one of basic_auth",
    ],
    [
      `route: {receiver: a}\ninhibit_rules: [{source_match_re: {x: }}]${RECEIVERS}`,
      "inhibit_rules[0].source_match_re.x: needs a regular expression",
    ],
    ["route: [\n", "alertmanager.yml:2:1: "],
  ])("%j", async (text, expected) => {
    expect(await faults(text)).toContain(expected);
  });

  it("names the place in a template file", async () => {
    await writeFile(join(dir, "broken.tmpl"), 'one\n{{ define "x" }}{{ nope }}{{ end }}');
    expect(await faults(`route: {receiver: a}\ntemplates: [broken.tmpl]${RECEIVERS}`)).toMatch(
      /^broken\.tmpl:2:\d+: function "nope" not defined/,
    );
  });

  it("lists every fault of the receivers", async () => {
    const text =
      "route: {receiver: x}\nreceivers: [{name: a, opsgenie_configs: [{}], victorops_configs: [{routing_key: k}]}]";
    expect((await faults(text)).split("\n")).toHaveLength(3);
  });

  it("is never answered with anything but ConfigError", async () => {
    const word = fc.constantFrom(
      "route:",
      "receiver: a",
      "receivers:",
      "- name: a",
      "matchers:",
      "routes:",
      "- x=1",
      "group_by: [",
      "]",
      "slack_configs:",
      "- {}",
      "null",
      "1.5",
      "&a",
      "*a",
      "<<: *a",
      "inhibit_rules:",
      "\n",
      "\n  ",
      "\n    ",
      "templates: [",
      "time_intervals:",
      "- weekdays: [",
      "'",
      '"',
      "{",
      "}",
      "global:",
      ": ",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 25 }), async (words) => {
        try {
          await load(words.join(" "));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 400 },
    );
  });
});
