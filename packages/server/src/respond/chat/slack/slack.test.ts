import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blocksFault, FakeSlack } from "../../../../test/fake-slack.ts";
import type { SlackBlock } from "../../../../test/fake-slack.ts";
import type { TimelineRecord } from "../../../store/index.ts";
import { slackEscaped } from "../../slack-text.ts";
import { readCommand } from "./command.ts";
import { channelName, headOf, slackUpdate } from "./message.ts";
import { signatureFault } from "./signature.ts";
import { mentionsIn, plainText } from "./text.ts";

const NOW = Date.UTC(2026, 0, 5, 12);

describe("signatures", () => {
  const slack = new FakeSlack();
  const body = "token=x&text=incident+list";
  const secret = slack.signingSecret;
  const check = (headers: Record<string, string>, text = body, now = NOW) =>
    signatureFault(
      {
        signature: headers["x-slack-signature"],
        timestamp: headers["x-slack-request-timestamp"],
      },
      Buffer.from(text),
      secret,
      now,
    );

  it("are the example of Slack's documentation", () => {
    // https://docs.slack.dev/authentication/verifying-requests-from-slack
    const example =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    expect(
      signatureFault(
        {
          signature: "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
          timestamp: "1531420618",
        },
        Buffer.from(example),
        secret,
        1_531_420_618_000,
      ),
    ).toBeUndefined();
  });

  it("are refused when they are missing, forged, of another body, or old", () => {
    expect(check(slack.sign(body, NOW))).toBeUndefined();
    expect(check(slack.sign(body, NOW), body, NOW + 299_000)).toBeUndefined();
    expect(check(slack.sign(body, NOW), body, NOW + 301_000)).toMatch(/older than five minutes/);
    expect(check(slack.sign(body, NOW + 400_000))).toMatch(/older|clock/);
    expect(check(slack.sign(body, NOW, "another secret"))).toMatch(/signing secret/);
    expect(check(slack.sign(body, NOW), `${body}x`)).toMatch(/signing secret/);
    expect(check({})).toBe("the request is not signed");
    expect(check({ ...slack.sign(body, NOW), "x-slack-request-timestamp": "1e3" })).toMatch(
      /timestamp/,
    );
  });
});

describe("the slash command", () => {
  it.each([
    [
      "incident open P1 service=shop Checkout fails",
      { kind: "open", severity: "P1", service: "shop", title: "Checkout fails" },
    ],
    [
      "open the P1 of today",
      { kind: "open", severity: "P2", service: null, title: "the P1 of today" },
    ],
    ["incident list", { kind: "list" }],
    ["incident ack #12", { kind: "acknowledge", number: "12" }],
    ["incident escalate", { kind: "escalate", number: undefined }],
    ["incident resolve 12 rolled back", { kind: "resolve", number: "12", comment: "rolled back" }],
    [
      "incident monitoring 7 fixed",
      { kind: "move", number: "7", state: "monitoring", comment: "fixed" },
    ],
    [
      "incident open maintenance Move the disks",
      { kind: "open", severity: "maintenance", title: "Move the disks" },
    ],
    ["incident note looks better", { kind: "note", number: undefined, text: "looks better" }],
    ["", { kind: "help", problem: undefined }],
    ["incident open", { kind: "help", problem: "Say what has happened." }],
    ["incident constructor", { kind: "help", problem: '"constructor" is none of the commands.' }],
  ])("%s", (text, command) => {
    expect(readCommand(text)).toMatchObject(command);
  });

  it("is read whatever stands in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        const command = readCommand(text);
        if (command.kind === "open") expect(command.title.length).toBeLessThanOrEqual(200);
      }),
    );
  });
});

describe("texts", () => {
  it("become what people read", () => {
    const names = new Map([["U012", "Ana"]]);
    expect(
      plainText(
        "<@U012> see <https://x.test/a|the graph> in <#C1|ops> &lt;now&gt; <!here> <mailto:a@b.c|a@b.c>",
        (id) => names.get(id),
      ),
    ).toBe("@Ana see the graph (https://x.test/a) in #ops <now> @here a@b.c");
    expect(mentionsIn("<@U012> <@U012> <@U9|ben>", 10)).toEqual(["U012", "U9"]);
  });

  it("never fail, and come back as they were written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 500 }), (text) => {
        expect(plainText(slackEscaped(text), () => undefined)).toBe(text.trim());
        plainText(text, () => "x");
        mentionsIn(text, 3);
      }),
    );
    expect(plainText("<".repeat(200_000), () => undefined).length).toBeLessThan(11_000);
  });
});

describe("messages", () => {
  const incident = (title: string): Parameters<typeof headOf>[0] => ({
    id: "00000000-0000-4000-8000-000000000000",
    number: 12,
    title,
    severity: "P1",
    state: "triggered",
    service: title,
    openedAt: new Date(NOW),
    acknowledgedBy: null,
  });
  const entry = (
    id: number,
    text: string,
    kind: TimelineRecord["kind"] = "comment",
  ): TimelineRecord => ({
    id: String(id),
    incidentId: "i",
    at: new Date(NOW),
    kind,
    actor: kind === "comment" ? "ana@sea.test" : "system",
    text,
  });

  it("are within Slack's limits, whatever is told", () => {
    const nasty = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 50 }),
      fc.constantFrom("&".repeat(4000), "<!channel>", "é".repeat(5000), "a\n".repeat(2000)),
    );
    fc.assert(
      fc.property(nasty, fc.array(nasty, { minLength: 1, maxLength: 30 }), (title, texts) => {
        const head = headOf(incident(title.slice(0, 200)), { url: "http://x/1", channel: "C1" });
        expect(blocksFault(head.blocks as SlackBlock[])).toBeUndefined();
        const update = slackUpdate(
          texts.map((text, index) => entry(index, text)),
          (actor) => actor,
          "http://x/incidents/1",
        );
        expect(update.entries.length).toBeGreaterThan(0);
        expect(blocksFault(update.message.blocks as SlackBlock[])).toBeUndefined();
        expect(JSON.stringify(update.message)).not.toContain("<!channel>");
        expect(channelName("inc", { number: 12, title }, 1)).toMatch(/^[a-z0-9][a-z0-9_-]{0,79}$/);
      }),
    );
  });

  it("tell a storm in one, and all that people say", () => {
    const storm = Array.from({ length: 3000 }, (_, index) =>
      entry(index, `Alert ${index} fires`, "alert_firing"),
    );
    const update = slackUpdate(
      [...storm, entry(3000, "I see it")],
      () => "Ana",
      "http://x/incidents/1",
    );
    expect(update.entries).toHaveLength(3001);
    const text = (update.message.blocks as SlackBlock[])[0]?.text?.text ?? "";
    expect(text).toContain("*Ana*: I see it");
    expect(text).toContain("… and 2992 more");
  });

  it("lead to the pictures of a note", () => {
    const picture = { id: "p1", alt: "The graph", width: 2, height: 1 };
    const shown = (count: number, url: string) =>
      JSON.stringify(
        slackUpdate(
          [
            {
              ...entry(1, "Look"),
              detail: { pictures: Array.from({ length: count }, () => picture) },
            },
          ],
          () => "Ana",
          url,
        ).message.blocks,
      );
    expect(shown(1, "http://x/incidents/1")).toContain(
      "*Ana*: Look <http://x/incidents/1?picture=p1|Picture>",
    );
    expect(shown(2, "http://x/incidents/1")).toContain("|2 pictures>");
    expect(shown(1, `http://${"x".repeat(300)}`)).toContain("Look (with pictures)");
  });

  it("go on in the next where one is full", () => {
    const all = Array.from({ length: 5 }, (_, index) => entry(index, "x".repeat(2000)));
    const first = slackUpdate(all, () => "Ana", "http://x/incidents/1");
    expect(first.entries.map(({ id }) => id)).toEqual(["0"]);
  });
});
