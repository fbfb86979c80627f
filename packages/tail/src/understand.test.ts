import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { serviceOf } from "./labels.ts";
import { understand } from "./understand.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const at = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;

describe("a line says of itself", () => {
  it.each([
    [
      "nginx's access log",
      '10.0.0.7 - ann [01/Jan/2026:01:00:00 +0100] "GET /x?y HTTP/1.1" 503 12 "-" "curl"',
      {
        timeNs: at("2026-01-01T00:00:00Z"),
        service: "nginx",
        metadata: { level: "error", status: "503" },
      },
    ],
    [
      "nginx's error log",
      "2026/01/01 00:00:00 [warn] 12#12: *1 upstream timed out",
      { timeNs: at("2026-01-01T00:00:00"), service: "nginx", metadata: { level: "warn" } },
    ],
    [
      "PostgreSQL's text",
      '2026-01-01 00:00:00.250 UTC [77] app@db ERROR:  relation "x" does not exist',
      {
        timeNs: at("2026-01-01T00:00:00.250Z"),
        service: "postgresql",
        metadata: { level: "error" },
      },
    ],
    [
      "PostgreSQL's CSV",
      '2026-01-01 00:00:00.250 UTC,"app","shop",77,"[local]",6a.1,1,"SELECT, x",2026-01-01 00:00:00 UTC,3/1,0,FATAL,53300,"too ""many"""',
      {
        service: "postgresql",
        metadata: { level: "fatal", user: "app", database: "shop", sqlstate: "53300" },
      },
    ],
    [
      "PostgreSQL's jsonlog",
      '{"timestamp":"2026-01-01 00:00:00.250 UTC","pid":7,"error_severity":"PANIC","state_code":"XX000","message":"x","backend_type":"b"}',
      {
        timeNs: at("2026-01-01T00:00:00.250Z"),
        service: "postgresql",
        metadata: { level: "critical", sqlstate: "XX000" },
      },
    ],
    [
      "pino's JSON",
      '{"level":50,"time":1767225600123,"service":"shop","trace_id":"ab","msg":"x"}',
      {
        timeNs: at("2026-01-01T00:00:00.123Z"),
        service: "shop",
        metadata: { level: "50", trace_id: "ab" },
      },
    ],
    ["JSON with seconds", '{"ts":1767225600.5}', { timeNs: at("2026-01-01T00:00:00.500Z") }],
    [
      "a time at its front",
      "[2026-01-01T01:00:00,5+0100] x",
      { timeNs: at("2026-01-01T00:00:00.500Z") },
    ],
    ["syslog's files", "Dec 31 23:00:00 host cron[1]: x", { timeNs: at("2025-12-31T23:00:00") }],
    ["nothing", "hello", { timeNs: undefined, metadata: {} }],
    ["nothing, as damaged JSON", '{"time":', { metadata: {} }],
  ])("by %s", (_, line, said) => {
    expect(understand(line, NOW)).toMatchObject(said);
  });

  it("whatever it is", () => {
    const parts = fc.constantFrom(
      '"',
      ",",
      "2026-01-01 00:00:00.123 UTC",
      "[",
      "LOG:  ",
      " ",
      "{",
      "é",
      "1",
      "GET",
      "x",
    );
    const line = fc.array(parts, { maxLength: 40 }).map((each) => each.join(""));
    fc.assert(
      fc.property(line, (text) => void understand(text.repeat(20), NOW)),
      { numRuns: 300 },
    );
  });

  it.each([
    ["/var/log/nginx/access.log", "nginx"],
    ["/var/log/shop.log.1", "shop"],
    ["/srv/shop/logs/app.log", "shop"],
    ["/var/log/postgresql/postgresql-16-main.log", "postgresql-16-main"],
  ])("and where it does not, %s is of %s", (path, service) => {
    expect(serviceOf(path)).toBe(service);
  });
});
