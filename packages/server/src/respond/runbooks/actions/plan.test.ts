import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OutputTail } from "./output-tail.ts";
import { planAction } from "./plan.ts";
import type { RunbookAction } from "./action.ts";

const anyText = fc
  .array(fc.integer({ min: 0, max: 0x10_ff_ff }), { maxLength: 40 })
  .map((points) => String.fromCodePoint(...points));
const anything = { kind: "pattern", source: "(?s).*", fits: () => true } as const;
const parameter = { label: "service", fallback: undefined, about: "", allowed: anything };

function action(work: Partial<RunbookAction["work"]>): RunbookAction {
  return {
    name: "act",
    title: "Act",
    about: "",
    role: "member",
    confirm: "{{ .Parameters.service }}",
    twoPerson: false,
    parameters: new Map([["service", parameter]]),
    timeoutMs: 1000,
    outputBytes: 1000,
    work: {
      kind: "command",
      argv: ["systemctl", "restart", "{{ .Parameters.service }}"],
      folder: "/",
      environment: {},
      ...work,
    } as RunbookAction["work"],
  };
}
const withArgv = (...argv: string[]) => action({ kind: "command", argv });
const withWebhook = (url: string, body?: unknown) =>
  action({ kind: "webhook", method: "POST", url, headers: {}, body, secret: undefined });

const workOf = (given: RunbookAction, service: string) => {
  const answer = planAction(given, { service });
  return "plan" in answer ? answer.plan.work : answer.refused.map(({ reason }) => reason).join();
};

describe("a value in a command", () => {
  const HOSTILE = ["$(reboot)", "`x`", "a b", "a;b", "'", '"', "a|b", "*", "~root", "é", "a\\b"];

  it.each(HOSTILE)("is one argument, whatever a shell would make of it: %j", (value) => {
    expect(workOf(withArgv("prog", "--name={{ .Parameters.service }}"), value)).toMatchObject({
      argv: ["prog", `--name=${value}`],
    });
    // What reads its arguments as a language gets plain words only.
    for (const program of ["ssh", "/bin/sh", "python3.11", "env"])
      expect(workOf(withArgv(program, "x", "{{ .Parameters.service }}"), value)).toContain(
        "could read more in it than a word",
      );
  });

  it("is no option", () => {
    expect(workOf(action({}), "-rf")).toContain("takes for an option");
    expect(workOf(action({}), "--now")).toContain("takes for an option");
    expect(workOf(withArgv("prog", "-n={{ .Parameters.service }}"), "-x")).toMatchObject({
      argv: ["prog", "-n=-x"],
    });
  });

  it.each(["a\nb", "a\0", "a\u001B[2J", "a\u202Eb", "a\u200Bb", "\u2028", "\uD800"])(
    "is seen whole: %j is refused",
    (value) => {
      expect(workOf(action({}), value)).toContain("cannot be seen");
    },
  );

  it("keeps its place and its words, whatever it is", () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const made = workOf(withArgv("prog", "a", "{{ .Parameters.service }}", "b"), value);
        if (typeof made === "string") return;
        expect(made).toMatchObject({ argv: ["prog", "a", value, "b"] });
        expect(value.startsWith("-")).toBe(false);
      }),
    );
  });
});

describe("a value in a request", () => {
  it("ends neither its part of the URL nor its text in the body", () => {
    const given = withWebhook(
      "https://d.example/{{ .Parameters.service }}/x?s={{.Parameters.service}}",
      {
        text: 'Restart "{{ .Parameters.service }}"',
        list: ["{{ .Parameters.service }}", 1, null],
      },
    );
    const value = 'a/../b?c=#"},"x":{"';
    expect(workOf(given, value)).toMatchObject({
      url: "https://d.example/a%2F..%2Fb%3Fc%3D%23%22%7D%2C%22x%22%3A%7B%22/x?s=a%2F..%2Fb%3Fc%3D%23%22%7D%2C%22x%22%3A%7B%22",
    });
    const made = workOf(given, value) as { body: string };
    expect(JSON.parse(made.body)).toEqual({
      text: `Restart "${value}"`,
      list: [value, 1, null],
    });
    expect(workOf(given, "..")).toContain("a step up");
  });

  it("stays on its host, and in its text, whatever it is", () => {
    const given = withWebhook("https://d.example/a/{{ .Parameters.service }}", {
      text: "{{ .Parameters.service }}",
    });
    fc.assert(
      fc.property(anyText, (value) => {
        const made = workOf(given, value);
        if (typeof made === "string") return;
        const { url, body } = made as { url: string; body: string };
        expect(new URL(url).host).toBe("d.example");
        expect(new URL(url).pathname).toMatch(/^\/a\/[^/]*$/);
        expect(JSON.parse(body)).toEqual({ text: value });
      }),
    );
  });
});

it("says what is missing, not allowed or unknown", () => {
  const given: RunbookAction = {
    ...action({}),
    parameters: new Map([
      ["service", { ...parameter, allowed: { kind: "one of", values: ["shop", "cart"] } }],
    ]),
  };
  expect(planAction(given, {})).toEqual({
    refused: [
      {
        parameter: "service",
        reason: "has no value: neither the runbook nor the incident says it",
      },
    ],
  });
  expect(planAction(given, { service: "x", more: "y" })).toEqual({
    refused: [
      { parameter: "more", reason: "is no parameter of this action" },
      { parameter: "service", reason: "is none of shop, cart" },
    ],
  });
  const answer = planAction(given, { service: "shop" });
  expect(answer).toMatchObject({ plan: { confirm: "shop", values: { service: "shop" } } });
});

describe("what is kept of an output", () => {
  it("is its end, as text that shows what it is", () => {
    const tail = new OutputTail(20);
    tail.add(Buffer.from("first line\nsecond\n"));
    expect(tail.text()).toBe("first line\nsecond\n");
    tail.add(Buffer.from("\u001B[31mred\u001B[0m \u202Ex\0\r\n"));
    expect(tail.text()).toBe("…\nred x\n");
  });

  it("is bounded, however it comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 50 }), (chunks) => {
        const tail = new OutputTail(100);
        for (const chunk of chunks) tail.add(Buffer.from(chunk));
        // Each broken byte may become a character of three.
        expect(Buffer.byteLength(tail.text())).toBeLessThanOrEqual(100 * 3 + 4);
      }),
    );
  });
});
