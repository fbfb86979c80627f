import { describe, expect, it } from "vitest";
import { createNamer, unitSuffix } from "./names.ts";
import { decimal } from "./number-text.ts";

describe("names with underscores and suffixes", () => {
  const namer = createNamer("UnderscoreEscapingWithSuffixes");

  // Examples of the compatibility specification and of Prometheus's own tests of these rules.
  it.each([
    ["http.server.duration", "s", "other", "http_server_duration_seconds"],
    ["requests", "1", "counter", "requests_total"],
    ["requests_total", "{request}", "counter", "requests_total"],
    ["total.requests.count", "", "counter", "requests_count_total"],
    ["memory.usage", "By", "gauge", "memory_usage_bytes"],
    ["system.io", "foo/bar", "gauge", "system_io_foo_per_bar"],
    ["network.speed", "By/s", "gauge", "network_speed_bytes_per_second"],
    ["cpu.utilization", "1", "gauge", "cpu_utilization_ratio"],
    ["cpu_ratio_x", "1", "gauge", "cpu_x_ratio"],
    ["already_seconds", "s", "other", "already_seconds"],
    ["packets", "{packets}/s", "other", "packets_per_second"],
    ["unit.with.space", " m / h ", "other", "unit_with_space_meters_per_hour"],
    ["2xx.responses", "", "gauge", "_2xx_responses"],
    ["a..b__c", "", "gauge", "a_b_c"],
    ["job:rate", "", "gauge", "job:rate"],
    ["$%", "", "gauge", undefined],
    ["été", "", "gauge", "t"],
  ] as const)("%s in %s as %s is %s", (name, unit, type, expected) => {
    expect(namer.metric(name, unit, type)).toBe(expected);
  });

  it.each([
    ["http.method", "http_method"],
    ["123invalid", "key_123invalid"],
    ["_private", "key_private"],
    ["__reserved__", "__reserved__"],
    ["😀x", "key_x"],
    ["...", undefined],
    ["", undefined],
  ])("the label %s is %s", (name, expected) => {
    expect(namer.label(name)).toBe(expected);
  });
});

it("escapes without suffixes, adds suffixes without escaping, or leaves names alone", () => {
  const escaping = createNamer("UnderscoreEscapingWithoutSuffixes");
  expect(escaping.metric("http.requests__x", "s", "counter")).toBe("http_requests__x");
  const suffixes = createNamer("NoUTF8EscapingWithSuffixes");
  expect(suffixes.metric("http.requests", "s", "counter")).toBe("http.requests_seconds_total");
  expect(suffixes.metric("http.seconds.total", "By/s", "counter")).toBe(
    "http.seconds_bytes_per_second_total",
  );
  expect(suffixes.label("http.method")).toBe("http.method");
  expect(createNamer("NoTranslation").metric("a.b", "s", "counter")).toBe("a.b");
});

it("writes units in words", () => {
  expect(["s", "By/s", "1", "{x}", "furlong", ""].map(unitSuffix)).toEqual([
    "seconds",
    "bytes_per_second",
    "",
    "",
    "furlong",
    "",
  ]);
});

it("writes numbers without exponents", () => {
  const numbers = [0.005, 1, 1e21, 1.25e22, 1e-7, 1.5e-9, -2e-7, -0, Infinity, -Infinity];
  expect(numbers.map(decimal)).toEqual([
    "0.005",
    "1",
    "1000000000000000000000",
    "12500000000000000000000",
    "0.0000001",
    "0.0000000015",
    "-0.0000002",
    "-0",
    "+Inf",
    "-Inf",
  ]);
});
