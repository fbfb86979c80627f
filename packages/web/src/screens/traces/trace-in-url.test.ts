import { expect, it } from "vitest";
import { readTraceView, writeTraceView } from "./trace-in-url.ts";

it("reads what it wrote", () => {
  const view = {
    span: "a1",
    find: "pay now",
    folded: new Set(["b2", "c3"]),
    zoom: [0.25, 0.5] as const,
  };
  const params = writeTraceView(new URLSearchParams("from=now-1h"), view);
  expect(readTraceView(params)).toEqual(view);
  expect(params.get("from")).toBe("now-1h");
});

it("says nothing of what is as ever", () => {
  const params = new URLSearchParams("span=a&find=b&fold=c&zoom=0.1-0.2");
  const plain = { span: null, find: "", folded: new Set<string>(), zoom: [0, 1] as const };
  expect(writeTraceView(params, plain).toString()).toBe("");
  expect(readTraceView(new URLSearchParams("zoom=0.9-0.1"))).toEqual(plain);
  expect(readTraceView(new URLSearchParams("zoom=x"))).toEqual(plain);
});
