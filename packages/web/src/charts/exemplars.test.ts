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
        exemplar(7, "0.4", { trace_id: "c" }),
        exemplar(1, "0.2", { trace_id: "a", span_id: "1" }),
        exemplar(2, "0.9", { traceID: "b" }),
        exemplar(3, "5", { user: "nobody" }),
        exemplar(11, "9", { trace_id: "late" }),
      ],
    },
  ];
  expect(exemplarsToShow(series, { start: 0, end: 10_000 }, 2)).toEqual([
    { at: 2000, value: 0.9, traceId: "b", spanId: undefined },
    { at: 7000, value: 0.4, traceId: "c", spanId: undefined },
  ]);
});
