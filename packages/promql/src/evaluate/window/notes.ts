import type { Annotations } from "../../annotations.ts";
import type { Span } from "../../errors.ts";

/** " for metric name "x"", nothing where the name is not known. */
export function forMetric(name: string): string {
  return name === "" ? "" : ` for metric name ${JSON.stringify(name)}`;
}

export function warnMixedTypes(annotations: Annotations, name: string, span: Span): void {
  annotations.warn(
    `encountered a mix of histograms and floats for metric name ${JSON.stringify(name)}`,
    span,
  );
}

export function warnMixedInAggregation(annotations: Annotations, span: Span): void {
  annotations.warn("encountered a mix of histograms and floats for aggregation", span);
}

export function warnMixedSchemas(annotations: Annotations, name: string, span: Span): void {
  annotations.warn(
    `vector contains a mix of histograms with exponential and custom buckets schemas${forMetric(name)}`,
    span,
  );
}

export function warnNotCounter(annotations: Annotations, name: string, span: Span): void {
  annotations.warn(`this native histogram metric is not a counter: ${JSON.stringify(name)}`, span);
}

export function warnNotGauge(annotations: Annotations, name: string, span: Span): void {
  annotations.warn(`this native histogram metric is not a gauge: ${JSON.stringify(name)}`, span);
}

export function infoHistogramsIgnored(annotations: Annotations, name: string, span: Span): void {
  annotations.info(
    `ignored histograms in a range containing both floats and histograms${forMetric(name)}`,
    span,
  );
}

export function infoReconciled(annotations: Annotations, during: string, span: Span): void {
  annotations.info(`mismatched custom buckets were reconciled during ${during}`, span);
}

export function warnResetCollision(annotations: Annotations, during: string, span: Span): void {
  annotations.warn(`conflicting counter resets during histogram ${during}`, span);
}

export function infoHistogramIgnored(annotations: Annotations, operator: string, span: Span): void {
  annotations.info(`ignored histogram in ${operator} aggregation`, span);
}
