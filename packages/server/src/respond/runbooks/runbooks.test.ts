import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Runbook } from "@seaworthy/contract";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { fill } from "./placeholders.ts";
import { readRunbook } from "./runbook.ts";

const none = { labels: {}, incident: {} };
const given = (labels: Record<string, string>) => ({ labels, incident: {} });
const noCheck = () => {};

describe("placeholders", () => {
  it("are labels and facts of the incident, with something for when there is none", () => {
    const labels = { service: "shop", le: "1" };
    const text =
      '{{ .Labels.service }} {{.Incident.Number}} {{ or .Labels.job "x \\"y\\"" }} {{ .State }}';
    const filled = fill(text, "text", { labels, incident: { Number: "7" } });
    expect(filled).toEqual({ text: 'shop 7 x "y" {{ .State }}', missing: [] });
    expect(fill("a {{ .Labels.route }}", "text", none)).toEqual({
      text: "a {{ .Labels.route }}",
      missing: [".Labels.route"],
    });
    expect(fill("{{ .Labels.constructor }}", "text", none).missing).toEqual([
      ".Labels.constructor",
    ]);
  });

  it("cannot end a query's string, and mean themselves in a pattern", () => {
    const hostile = given({ a: 'x"} or up{b="\n\\' });
    expect(fill('up{a="{{ .Labels.a }}"}', "query", hostile).text).toBe(
      String.raw`up{a="x\"} or up{b=\"\n\\"}`,
    );
    expect(fill('up{a=~"{{ .Labels.a }}"}', "query", given({ a: "10.0.0.1:9" })).text).toBe(
      String.raw`up{a=~"10\\.0\\.0\\.1:9"}`,
    );
    expect(fill('up{a=~"{{ or .Labels.b ".+" }}"}', "query", none).text).toBe('up{a=~".+"}');
  });

  it.each([
    "$(reboot)",
    "a;b",
    "a b",
    "-rf",
    "`x`",
    "'",
    '"',
    "a\nb",
    "a|b",
    "*",
    "~",
    "é",
    "a&b",
    "<a",
  ])("are left in a command where a shell would read more than a word: %j", (value) => {
    const filled = fill("ls {{ .Labels.a }}", "command", given({ a: value }));
    expect(filled).toEqual({ text: "ls {{ .Labels.a }}", missing: [".Labels.a"] });
  });
});

describe("a runbook's file", () => {
  const whole = (more: string) =>
    `# T\n\nOne.\n\n## Signs\n\n## Checks\n\n${more}\n\n## Actions\n\n- [ ] Do\n\n## Communication\n\n~~~text\nDown\n~~~\n\n## Escalation\n`;

  it("is read with its title, steps, labels and actions", () => {
    const text = whole(
      '- [ ] Look `x`\n\n  ```promql\n  up{a="{{ .Labels.a }}"}\n  ```\n\n```action\nrestart\n```',
    );
    const { runbook, faults, notes } = readRunbook("/r/Name.md", text, noCheck);
    expect({ faults, notes }).toEqual({ faults: [], notes: [] });
    expect(runbook).toMatchObject({
      name: "Name",
      title: "T",
      summary: "One.",
      labels: ["a"],
      actions: [{ name: "restart", values: {}, line: 15 }],
      steps: [{ text: "Look x" }, { text: "Do" }],
    });
  });

  it("names what is wrong with file and line", () => {
    const bad = (language: string, query: string) => {
      if (query.includes("(")) throw new Error(`${language} does not end`);
    };
    const text = whole(
      "```promql\nsum(up\n```\n\n[x](#nowhere) [y](Other.md)\n\n{{ .Labels.a b }}",
    );
    const { faults } = readRunbook("/r/Name.md", text, bad, (name) => name === "Name");
    expect(faults.map(({ line, path, reason }) => `${line} ${path} ${reason}`)).toEqual([
      "10 promql promql does not end",
      '15  cannot read {{ .Labels.a b }}: write {{ .Labels.NAME }} or {{ or .Labels.NAME "…" }}',
      "13  leads to #nowhere, which is no heading here",
      '13  leads to the runbook "Other", which does not exist',
    ]);
    const empty = readRunbook("/r/Name.md", "text", noCheck);
    expect(empty.faults.map(({ reason }) => reason)).toEqual([
      'begins without a title: "# What is wrong"',
      'has no section "## Signs"',
      'has no section "## Checks"',
      'has no section "## Actions"',
    ]);
    expect(empty.notes).toHaveLength(4);
    expect(readRunbook("/r/a b.md", "", noCheck).faults[0]?.reason).toMatch(
      /cannot be a runbook's/,
    );
    expect(readRunbook("/r/a.md", "x\n".repeat(9999), noCheck).faults[0]?.reason).toMatch(/lines/);
  });
});

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

describe("over HTTP", () => {
  let server: TestServer;
  let folder: string;
  let write: string;
  let read: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sw-runbooks-"));
    server = await testServer({ runbookFolder: folder });
    [read, write] = [await server.token("read"), await server.token("write")];
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  async function ask<T>(path: string, token = read, body?: object): Promise<Answer<T>> {
    const response = await fetch(`${server.url}/api${path}`, {
      method: body === undefined ? "GET" : "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  it("are the shipped ones, then the user's of the same name, as soon as their files change", async () => {
    const named = async () => (await ask<Runbook>("/runbooks/HighErrorRate")).body;
    expect(await named()).toMatchObject({ source: "default", alerts: ["HighErrorRate"] });
    const file = join(folder, "HighErrorRate.md");
    await writeFile(file, "# Ours\n\n## Signs\n\n## Checks\n\n## Actions\n");
    expect(await named()).toMatchObject({ source: "own", title: "Ours", faults: [] });
    await writeFile(file, "# Ours again\n");
    await utimes(file, 1, 1);
    expect(await named()).toMatchObject({
      title: "Ours again",
      faults: [{ file, line: 1 }, { file }, { file }],
    });
    await rm(file);
    expect(await named()).toMatchObject({ source: "default" });
    const list = await ask<{ runbooks: unknown[]; faults: unknown[]; folder: string }>("/runbooks");
    expect(list.body).toMatchObject({ folder, faults: [] });
    expect((await ask("/runbooks/nothing")).body).toMatchObject({ code: "runbook_not_found" });
  });

  it("fill in labels, and tick steps off into the timeline, once however often", async () => {
    const incident = await server.incidents.open("ann", {
      title: "Shop fails",
      severity: "P2",
      service: "shop",
    });
    const { id, number } = incident.incident;
    const path = `/incidents/${number}/runbooks/HighErrorRate`;
    const before = (await ask<Runbook>(path)).body;
    expect(JSON.stringify(before.blocks)).toContain(`#${number} Shop fails`);
    expect(before.given).toEqual({ service: "shop" });
    const list = before.blocks.find((block) => block.type === "list" && block.items[0]?.step);
    const step = (list?.type === "list" ? list.items[0]?.step : null) ?? "";
    const tick = (done: boolean, token = write) =>
      ask<Runbook>(`${path}/steps/${step}`, token, { done });
    expect((await tick(true, read)).status).toBe(403);
    const ticked = await Promise.all([tick(true), tick(true), tick(true)]);
    expect(ticked.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask<Runbook>(path)).body.done).toEqual([
      { step, at: expect.any(String), by: expect.stringMatching(/^token:/) },
    ]);
    const entries = async () =>
      (await server.incidents.get(id)).timeline.filter(({ kind }) => kind === "runbook_step");
    expect((await entries()).map(({ text }) => text)).toEqual([
      "Done: Acknowledge, and see how bad it is and since when. (runbook HighErrorRate)",
    ]);
    expect((await ask(`/incidents/${number}/runbooks`)).body).toMatchObject({
      runbooks: [{ name: "HighErrorRate", done: 1 }],
    });
    await tick(false);
    expect((await entries()).map(({ text }) => text.slice(0, 20))).toEqual([
      "Done: Acknowledge, a",
      "Not done after all: ",
    ]);
    expect(
      (await ask(`${path}/steps/${"0".repeat(16)}`, write, { done: true })).body,
    ).toMatchObject({
      code: "runbook_step_not_found",
    });
    expect((await ask(`${path}/steps/x`, write, { done: true })).status).toBe(400);
  });
});
