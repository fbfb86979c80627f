import { expect, test } from "vitest";
import type { EscalationPolicy } from "../../model/index.ts";
import { addressFault, waysNow } from "./contacts.ts";
import { idOfToken, tokenOf } from "../signed-link.ts";
import { placeAfter, policyFor, stepInWords, targetsOf } from "./policy.ts";

const person = (id: string) => ({ kind: "person", id }) as const;
const policy = (given: Partial<EscalationPolicy> = {}): EscalationPolicy => ({
  id: "policy",
  name: "Default",
  services: [],
  severities: ["P1", "P2"],
  steps: [
    { targets: [person("ana"), person("ben")], mode: "all", wait: 300_000 },
    { targets: [person("cleo"), person("dora")], mode: "round-robin", wait: 600_000 },
  ],
  repeats: 1,
  everyoneInTheEnd: true,
  ...given,
});

test("the policy that names the service comes before the one for all", () => {
  const all = [policy(), policy({ id: "shop", name: "Shop", services: ["shop"] })];
  const found = (severity: "P1" | "P3", service: string | null) =>
    policyFor(all, { severity, service })?.id;
  expect(found("P1", "shop")).toBe("shop");
  expect(found("P1", "search")).toBe("policy");
  expect(found("P1", null)).toBe("policy");
  expect(found("P3", "shop")).toBeUndefined();
});

test("steps are gone through, then again, then everybody is paged, then nobody", () => {
  const places: unknown[] = [];
  let place: { round: number; step: number } | undefined = { round: 0, step: 0 };
  while (place !== undefined) {
    const targets = targetsOf(policy(), place, 0).map((target) =>
      target.kind === "everyone" ? "everyone" : target.id,
    );
    places.push([stepInWords(policy(), place), targets, placeAfter(policy(), place)?.wait]);
    place = placeAfter(policy(), place);
  }
  expect(places).toEqual([
    ["step 1 of 2", ["ana", "ben"], 300_000],
    ["step 2 of 2", ["cleo"], 600_000],
    ["step 1 of 2, round 2", ["ana", "ben"], 300_000],
    ["step 2 of 2, round 2", ["dora"], 600_000],
    ["everybody, because nobody has answered", ["everyone"], undefined],
  ]);
  expect(placeAfter(policy({ repeats: 0, everyoneInTheEnd: false }), { round: 0, step: 1 })).toBe(
    undefined,
  );
});

test("a round robin goes on from incident to incident", () => {
  const who = (turn: number) => targetsOf(policy(), { round: 0, step: 1 }, turn)[0];
  expect([0, 1, 2].map(who)).toEqual([person("cleo"), person("dora"), person("cleo")]);
});

test("quiet hours keep all but P1 away, over midnight too, by local time", () => {
  const way = {
    id: "1",
    kind: "sms",
    address: "+4930123456",
    severities: ["P1", "P2"],
    quiet: { timeZone: "Europe/Berlin", from: "22:00", to: "07:00" },
    name: null,
  } as const;
  const at = (time: string) => Date.parse(`2026-07-01T${time}:00+02:00`);
  const reached = (severity: "P1" | "P2" | "P3", time: string) =>
    waysNow([way], severity, at(time)).length === 1;
  expect(["21:59", "22:00", "03:00", "06:59", "07:00"].map((time) => reached("P2", time))).toEqual([
    true,
    false,
    false,
    false,
    true,
  ]);
  expect(reached("P1", "03:00")).toBe(true);
  expect(reached("P3", "12:00")).toBe(false);
});

test.each([
  ["email", "ana@example.com", undefined],
  ["email", "ana@example.com, eve@example.com", "is not an e-mail address"],
  ["email", "ana@example.com\r\nBcc: eve@example.com", "is not an e-mail address"],
  ["sms", "+4930123456", undefined],
  ["voice", "030 123456", "is not a telephone number in international form, such as +4930123456"],
  ["slack", "https://hooks.slack.com/services/T/B/x", undefined],
  ["webhook", "file:///etc/passwd", "must begin with https://"],
  ["webhook", "https://user:secret@example.com", "must not carry a user name or password"],
  ["webhook", "example.com", "is not a URL"],
] as const)("an address of kind %s: %j", (kind, address, fault) => {
  expect(addressFault({ kind, address })).toBe(fault);
});

test("a link's token is ours alone", () => {
  const key = Buffer.alloc(32, 1);
  const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  const token = tokenOf(key, "acknowledge", id);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(idOfToken(key, "acknowledge", token)).toBe(id);
  expect(idOfToken(key, "end a subscription", token)).toBeUndefined();
  expect(idOfToken(Buffer.alloc(32, 2), "acknowledge", token)).toBeUndefined();
  for (let place = 0; place < token.length; place += 1) {
    const other = token[place] === "A" ? "B" : "A";
    const forged = token.slice(0, place) + other + token.slice(place + 1);
    expect(idOfToken(key, "acknowledge", forged), forged).toBeUndefined();
  }
  for (const odd of ["", "A", `${token}A`, token.slice(1), `${token}=`, "%00".repeat(20)]) {
    expect(idOfToken(key, "acknowledge", odd)).toBeUndefined();
  }
});
