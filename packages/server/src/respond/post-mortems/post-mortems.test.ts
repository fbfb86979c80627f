import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PostMortem } from "@seaworthy/contract";
import { markdownToHtml, parseMarkdown } from "../../model/index.ts";
import { publishedPostMortem } from "../../store/index.ts";
import { testServer } from "../../../test/http.ts";
import type { TestServer } from "../../../test/http.ts";
import { ManualClock } from "../../../test/manual-clock.ts";
import { createReminders } from "./reminders.ts";
import { draftOf, exported, impactInWords, spanInWords } from "./template.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const clock = new ManualClock(START);

let server: TestServer;
let write: string;
let admin: string;

beforeAll(async () => {
  server = await testServer({ clock });
  [write, admin] = [await server.token("write"), await server.token("admin")];
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.records.db.deleteFrom("incidents").execute();
  clock.set(START);
});

async function ended(title = "Shop *fails* <b>", service: string | null = "shop") {
  const { incident } = await server.incidents.open("ann@x.org", { title, severity: "P1", service });
  clock.advance(95 * 60_000);
  await server.incidents.resolve("ann@x.org", incident.id);
  return server.incidents.get(incident.id);
}

describe("a draft", () => {
  it("tells the timeline and what was measured, and words stay words", async () => {
    const detail = await ended();
    const measured = { requests: 2000, failed: 50, requestsOfMonth: 1_000_000 };
    const text = draftOf(
      "{{ .Incident.Title }}|{{ .Incident.Duration }}|{{ .Other }}\n{{ .Impact }}\n{{ .Timeline }}",
      detail,
      impactInWords(detail, measured, 0.999),
      "http://x/incidents/1",
    );
    expect(text.split("\n").slice(0, 4)).toEqual([
      String.raw`Shop \*fails\* \<b\>|1 h 35 min|{{ .Other }}`,
      "- Requests: 50 of 2000 to shop failed (2.50 %).",
      "- Error budget: 5.0 % of 30 days' budget at an objective of 99.90 %.",
      "- 2026-01-01 00:00 UTC: Opened as P1 by hand (ann@x.org)",
    ]);
    expect(impactInWords(detail, undefined, undefined)).toContain("not measured");
    expect(impactInWords(detail, { ...measured, requestsOfMonth: null }, 0.9)).toContain(
      "not known",
    );
    expect(impactInWords(detail, measured, undefined)).toContain("no objective is set");
    expect(spanInWords(49 * HOUR + 60_000)).toBe("2 d 1 h");
  });

  it("tells of a storm once", async () => {
    const detail = await ended();
    const [first] = detail.timeline;
    if (first === undefined) throw new Error("the timeline is empty");
    const entry = { ...first, actor: "system" };
    const down = { ...entry, text: "Down fires" };
    const timeline = [down, down, { ...entry, text: "Slow fires" }, down];
    expect(draftOf("{{ .Timeline }}", { ...detail, timeline }, "", "").split("\n")).toEqual([
      "- 2026-01-01 00:00 UTC: Down fires (2 times)",
      "- 2026-01-01 00:00 UTC: Slow fires",
      "- 2026-01-01 00:00 UTC: Down fires",
    ]);
  });

  it("keeps what people wrote, with links to their pictures", async () => {
    const detail = await ended();
    const [first] = detail.timeline;
    if (first === undefined) throw new Error("the timeline is empty");
    const note = { ...first, kind: "comment" as const, actor: "ann" };
    const picture = { id: "p1", alt: "[Graph]", width: 2, height: 1 };
    const drafted = (...timeline: readonly (typeof first)[]) =>
      draftOf("{{ .Timeline }}\n\nEnd", { ...detail, timeline }, "", "http://x/incidents/1");
    const text = drafted(
      { ...note, text: "It is **slow**", detail: { pictures: [picture] } },
      { ...note, text: "Tried:\n```\nls <b>\n- # \n" },
      { ...note, kind: "picture", text: "Picture", detail: { pictures: [picture] } },
      { ...note, text: "x*".repeat(2000) },
    );
    expect(markdownToHtml(parseMarkdown(text))).toContain(
      '<li>2026-01-01 00:00 UTC: It is <strong>slow</strong> (ann) <a href="http://x/incidents/1?picture=p1" rel="noreferrer">[Graph]</a></li>',
    );
    // What a note leaves open ends with it.
    expect(markdownToHtml(parseMarkdown(text))).toMatch(
      /<pre><code>ls &lt;b&gt;\n- #\s*<\/code><\/pre>/,
    );
    expect(text).toContain("UTC: (ann) [\\[Graph\\]](http://x/incidents/1?picture=p1)");
    expect(text.split("\n").at(-1)).toBe("End");
    const long = drafted(
      ...Array.from({ length: 200 }, (_, n) => ({ ...note, text: `${n} ${"word ".repeat(390)}` })),
    );
    expect(long).toMatch(/- … and 1\d\d more entries, on the incident's page/);
    expect(() => parseMarkdown(long)).not.toThrow();
    // One text has less room for depth than many have.
    const deep = await server.incidents.open("ann@x.org", {
      title: "Deep",
      severity: "P3",
      service: null,
    });
    await server.incidents.comment("ann@x.org", deep.incident.id, `${"> ".repeat(24)}deep`);
    await server.incidents.resolve("ann@x.org", deep.incident.id);
    const begun = await ask("POST", `${deep.incident.id}/post-mortem`);
    expect(begun.status).toBeLessThan(300);
    expect(JSON.stringify(begun.body)).toContain("deep");
  });

  it("is exported with its actions", () => {
    const action = {
      id: "1",
      incidentId: "",
      owner: "bo",
      dueOn: "2026-02-01",
      doneAt: null,
      doneBy: null,
      createdAt: new Date(0),
    };
    expect(
      exported("# T\n", [
        { ...action, text: "Add\n<b>" },
        { ...action, text: "x", owner: null, dueOn: null, doneAt: new Date(0) },
      ]),
    ).toBe(
      "# T\n\n## Actions\n\n- [ ] Add \\<b\\> (bo, 2026-02-01)\n- [x] x (nobody yet, no date)\n",
    );
  });
});

interface Answer {
  readonly status: number;
  readonly body: PostMortem & { readonly code: string; readonly detail: string };
}

async function ask(method: string, path: string, body?: object, token = write): Promise<Answer> {
  const response = await fetch(
    `${server.url}${path.startsWith("/") ? path : `/api/incidents/${path}`}`,
    {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  );
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

describe("over HTTP", () => {
  it("is begun once, saved against the version that was read, completed, published, followed up", async () => {
    const { incident } = await server.incidents.open("ann", {
      title: "Early",
      severity: "P1",
      service: null,
    });
    const early = await ask("POST", `${incident.number}/post-mortem`, {});
    expect(early.body).toMatchObject({ code: "post_mortem_too_early" });
    const detail = await ended();
    const at = `${detail.incident.number}/post-mortem`;
    expect((await ask("GET", at)).body).toMatchObject({ code: "post_mortem_not_found" });
    const begun = await Promise.all([ask("POST", at, {}), ask("POST", at, {})]);
    expect(begun.map(({ status, body }) => [status, body.version])).toEqual([
      [201, 1],
      [201, 1],
    ]);
    expect(begun[0]?.body.body).toContain("50 of 2000 to shop failed");
    expect(begun[0]?.body.dueAt).toBe(new Date(clock.now() + 48 * HOUR).toISOString());

    const both = await Promise.all([
      ask("PUT", at, { body: "# One", version: 1 }),
      ask("PUT", at, { body: "# Two", version: 1 }),
    ]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(both.find(({ status }) => status === 409)?.body.code).toBe("post_mortem_changed");
    expect((await ask("PUT", at, { body: "- ".repeat(99), version: 2 })).body.code).toBe(
      "markdown_refused",
    );
    expect((await ask("PUT", at, { body: "# <script>x</script>", version: 2 })).status).toBe(200);

    const added = await ask("POST", `${at}/actions`, {
      text: "Add an index",
      owner: "bo",
      dueOn: "2026-01-05",
    });
    const id = added.body.actions[0]?.id ?? "";
    expect((await ask("POST", `${at}/actions`, { text: "x", dueOn: "soon" })).status).toBe(400);
    const done = await ask("PUT", `${at}/actions/${id}`, {
      text: "Add an index",
      owner: "bo",
      dueOn: "2026-01-05",
      done: true,
    });
    expect(done.body.actions).toMatchObject([{ doneAt: expect.any(String) }]);
    await ask("POST", `${at}/actions`, { text: "Second" });
    const gone = await ask("PUT", `${at}/actions/00000000-0000-4000-8000-000000000000`, {
      text: "x",
    });
    expect(gone.body.code).toBe("post_mortem_action_not_found");

    expect((await ask("PUT", `${at}/published`, { published: true })).status).toBe(403);
    await ask("PUT", `${at}/published`, { published: true }, admin);
    const open = `${server.url}/public/post-mortems/${detail.incident.number}`;
    const page = await fetch(open);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain("<h1>&lt;script&gt;x&lt;/script&gt;</h1>");
    await ask("PUT", at, { body: "# Later", version: 3 });
    const { db } = server.records;
    expect((await publishedPostMortem(db, detail.incident.id))?.markdown).toBe(
      "# <script>x</script>",
    );
    await ask("PUT", `${at}/published`, { published: false }, admin);
    expect(await publishedPostMortem(db, detail.incident.id)).toBeUndefined();
    expect((await fetch(open)).status).toBe(404);

    clock.advance(47 * HOUR);
    const complete = await ask("PUT", `${at}/complete`, { complete: true });
    expect(complete.body).toMatchObject({
      completedAt: expect.any(String),
      title: "Shop *fails* <b>",
    });
    expect((await ask("GET", "/api/incident-figures")).body).toMatchObject({
      followUp: { due: 1, inTime: 1, actions: 2, actionsDone: 1 },
    });
    const exportedText = (await ask("GET", `${at}/export`)) as unknown as {
      body: { markdown: string };
    };
    expect(exportedText.body.markdown).toContain("- [x] Add an index (bo, 2026-01-05)");
  });
});

describe("reminders", () => {
  it("come once after a day and once after two, to whoever wrote, also from two servers and after a refusal", async () => {
    const sent: string[] = [];
    let answers = true;
    const make = () =>
      createReminders({
        records: server.records,
        clock,
        log: pino({ level: "silent" }),
        severities: ["P1", "P2"],
        externalURL: "http://x",
        paging: {
          remind: async (id, ways, { title }, url) => {
            if (answers) sent.push(`${id} ${title} ${url} ${ways.length}`);
            return answers;
          },
        },
      });
    await server.session();
    const { incident } = await ended("Shop");
    const servers = [make(), make()];
    for (const one of servers) one.start();
    const settle = () => Promise.all(servers.map((one) => one.settle()));
    clock.set(clock.now() + 23 * HOUR);
    await settle();
    expect(sent).toEqual([]);
    // It cannot be sent for a while: tried again, with the same id, until it can.
    answers = false;
    clock.set(clock.now() + 2 * HOUR);
    await settle();
    answers = true;
    clock.set(clock.now() + 10 * 60_000);
    await settle();
    await settle();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain(
      `The post-mortem is due in a day: Shop http://x/incidents/${incident.number}/post-mortem`,
    );
    clock.set(clock.now() + 24 * HOUR);
    await settle();
    await settle();
    expect(sent).toHaveLength(2);
    expect(sent[1]).toContain("The post-mortem is overdue: Shop");
    clock.set(clock.now() + 24 * HOUR);
    await settle();
    expect(sent).toHaveLength(2);
    const told = (await server.incidents.get(incident.id)).timeline.filter(
      ({ kind }) => kind === "post_mortem",
    );
    expect(told.map(({ text }) => text)).toEqual([
      "The post-mortem is due in a day",
      "The post-mortem is overdue",
    ]);
    await Promise.all(servers.map((one) => one.stop()));
  });
});
