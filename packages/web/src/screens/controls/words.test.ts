import type { Control } from "@seaworthy/contract";
import { describe, expect, it } from "vitest";
import { changeWords, isAway, needsSecond, offered, readValue } from "./words.ts";

const killSwitch: Control = {
  service: "checkout",
  environment: "production",
  name: "kill-switch",
  range: { kind: "boolean" },
  normal: false,
  description: "",
  dangerous: true,
  twoPerson: "never",
  value: false,
  revision: 1,
  changedAt: "2026-01-01T00:00:00.000Z",
  changedBy: "ana@example.org",
  reason: "",
  expiry: null,
};

describe("what is said of a control", () => {
  it("reads what was typed as a value of its kind, and nothing else", () => {
    const number = { kind: "number", min: 0, max: 100 } as const;
    const choice = { kind: "choice", options: ["card", "invoice"] } as const;
    expect(readValue({ kind: "boolean" }, "on")).toBe(true);
    expect(readValue({ kind: "boolean" }, "yes")).toBeNull();
    expect(readValue({ ...choice, options: [...choice.options] }, "invoice")).toBe("invoice");
    expect(readValue({ ...choice, options: [...choice.options] }, "cash")).toBeNull();
    expect(["0", "12.5", "100"].map((text) => readValue(number, text))).toEqual([0, 12.5, 100]);
    for (const text of ["", " ", "-1", "101", "many", "1,5"])
      expect(readValue(number, text)).toBeNull();
  });

  it("offers the other side of a switch, and the way back first", () => {
    expect(offered(killSwitch)).toBe("on");
    expect(offered({ ...killSwitch, value: true })).toBe("off");
    const orders = {
      ...killSwitch,
      range: { kind: "number", min: 0, max: 100 },
      normal: 100,
    } as const;
    expect(offered({ ...orders, value: 20 })).toBe("100");
    const pay = {
      ...killSwitch,
      range: { kind: "choice" as const, options: ["a", "b"] },
      normal: "a",
    };
    expect(offered({ ...pay, value: "a" })).toBe("b");
    expect(offered({ ...pay, value: "b" })).toBe("a");
  });

  it("knows when a second person is asked", () => {
    expect(needsSecond(killSwitch, true)).toBe(false);
    expect(needsSecond({ ...killSwitch, twoPerson: "away" }, true)).toBe(true);
    expect(needsSecond({ ...killSwitch, twoPerson: "away" }, false)).toBe(false);
    expect(needsSecond({ ...killSwitch, twoPerson: "always" }, false)).toBe(true);
    expect([isAway(killSwitch), isAway({ ...killSwitch, value: true })]).toEqual([false, true]);
  });

  it("says a change, also where it made or removed the control", () => {
    expect(changeWords({ was: false, value: true })).toBe("off → on");
    expect(changeWords({ was: null, value: 100 })).toBe("made as 100");
    expect(changeWords({ was: "a", value: null })).toBe("a → removed");
  });
});
