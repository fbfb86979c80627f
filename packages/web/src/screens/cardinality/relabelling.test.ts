import { expect, it } from "vitest";
import { relabelling } from "./relabelling.ts";

it("drops a metric", () => {
  expect(relabelling({ metric: "a.b_total" })).toBe(`metric_relabel_configs:
  - source_labels: [__name__]
    regex: "a\\\\.b_total"
    action: drop
`);
});

it("drops a label of all metrics", () => {
  expect(relabelling({ label: "user_id" })).toBe(`metric_relabel_configs:
  - regex: "user_id"
    action: labeldrop
`);
});

it("empties a label of one metric, which drops it there", () => {
  expect(relabelling({ metric: "requests_total", label: "user_id" })).toBe(`metric_relabel_configs:
  - source_labels: [__name__]
    regex: "requests_total"
    target_label: "user_id"
    replacement: ""
`);
});
