import { expect, it } from "vitest";
import { exemplarsToShow } from "./exemplars.ts";

it("shows the largest of each slice of time that has a trace, in order", () => {
  const exemplar = (seconds: number, value: string, labels: Record<string, string>) => ({
    labels,
    value,
    timestamp: seconds,
  });
  const series = [
    {
      seriesLabels: { le: "1" },
      exemplars: [
        exemplar(7, "0.4", { trace_id: "c".repeat(32) }),
        exemplar(1, "0.2", { trace_id: "a".repeat(32), span_id: "1".repeat(16) }),
        exemplar(2, "0.9", { traceID: "b".repeat(32) }),
        exemplar(3, "5", { user: "nobody" }),
        exemplar(11, "9", { trace_id: "d".repeat(32) }),
      ],
    },
  ];
  expect(exemplarsToShow(series, { start: 0, end: 10_000 }, 2)).toEqual([
    { at: 2000, value: 0.9, traceId: "b".repeat(32), spanId: undefined },
    { at: 7000, value: 0.4, traceId: "c".repeat(32), spanId: undefined },
  ]);
});
