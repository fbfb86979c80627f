import type { RuleLanguage } from "@seaworthy/contract";
import { useMemo, useState } from "react";
import type { Span } from "../time/time-range.ts";
import { formatQuantity } from "../values/quantity.ts";
import { Graph } from "./Graph.tsx";
import type { ChartBand, ChartMark, ChartThreshold } from "./marks.ts";
import { explain } from "./threshold.ts";
import { unitOf } from "./unit-of.ts";

interface AlertGraphProps {
  readonly expression: string;
  /** PromQL by default. */
  readonly language?: RuleLanguage;
  /** Of the alert: its series is shown alone when it can be told. Without them all are shown. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly span: Span;
  readonly step: number;
  readonly marks?: readonly ChartMark[];
  readonly bands?: readonly ChartBand[];
  readonly height?: number;
}

/** Why an alert fires: what its rule compares, over time, with the threshold it crossed. */
export function AlertGraph({
  expression,
  language = "promql",
  labels,
  span,
  step,
  marks,
  bands,
  height = 220,
}: AlertGraphProps) {
  const [only, setOnly] = useState<string | null>(null);
  const { subject, comparison } = useMemo(() => explain(expression), [expression]);
  const threshold = useMemo(
    (): ChartThreshold | undefined =>
      comparison === null
        ? undefined
        : {
            value: comparison.threshold,
            fires: comparison.operator.startsWith(">")
              ? "above"
              : comparison.operator.startsWith("<")
                ? "below"
                : "at",
            label: `fires ${comparison.operator} ${formatQuantity(comparison.threshold, unitOf(subject))}`,
          },
    [comparison, subject],
  );
  const keep = useMemo(
    () => (series: Readonly<Record<string, string>>) =>
      labels === undefined ||
      Object.entries(series).every(
        ([name, value]) => name === "__name__" || labels[name] === value,
      ),
    [labels],
  );
  const expressions = useMemo(() => [subject], [subject]);
  return (
    <Graph
      expressions={expressions}
      language={language}
      span={span}
      step={step}
      height={height}
      threshold={threshold}
      keep={keep}
      only={only}
      onOnly={setOnly}
      {...(marks === undefined ? {} : { marks })}
      {...(bands === undefined ? {} : { bands })}
    />
  );
}
