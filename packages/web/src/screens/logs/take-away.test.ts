import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { curlOf, linesAsJson, linesAsText } from "./take-away.ts";

it("writes the question as a command that a shell takes apart as it was meant", () => {
  const query = `{app="it's"} |= "\\"$HOME\\"" | json`;
  const command = curlOf("http://sw.example.com", query, { start: 1000, end: 2000 });
  const script = `curl() { printf '%s\\n' "$@"; }\n${command}`;
  const given = execFileSync("sh", ["-c", script], { encoding: "utf8", env: {} }).split("\n");
  expect(given).toContain(`query=${query}`);
  expect(given).toContain("http://sw.example.com/loki/api/v1/query_range");
  expect(given).toContain("start=1000000000");
});

it("writes lines the oldest first", () => {
  const line = (at: string, text: string) => ({
    key: at,
    at,
    text,
    stream: { app: "x" },
    fields: { level: "info" },
  });
  const lines = [line("2000000000000", "later"), line("1000000000000", "earlier")];
  expect(linesAsText(lines)).toBe(
    "1970-01-01T00:16:40.000Z earlier\n1970-01-01T00:33:20.000Z later\n",
  );
  expect(JSON.parse(linesAsJson(lines).split("\n")[0] ?? "")).toEqual({
    at: "1000000000000",
    line: "earlier",
    stream: { app: "x" },
    fields: { level: "info" },
  });
});
