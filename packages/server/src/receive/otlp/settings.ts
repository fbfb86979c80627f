import type { TranslationStrategy } from "./names.ts";

/** How OTLP's metrics become Prometheus's; the section `otlp` of prometheus.yml. */
export interface OtlpSettings {
  readonly translationStrategy: TranslationStrategy;
  /** Resource attributes that become labels of every series. */
  readonly promoteResourceAttributes: readonly string[];
  /** Whether all do, but for `ignoreResourceAttributes`. */
  readonly promoteAllResourceAttributes: boolean;
  readonly ignoreResourceAttributes: readonly string[];
  /** Whether target_info has service.name and its kin besides job and instance. */
  readonly keepIdentifyingResourceAttributes: boolean;
  /** Whether histograms become native ones with custom buckets instead of series by bound. */
  readonly convertHistogramsToNhcb: boolean;
  /** Whether series have the labels otel_scope_…, as the compatibility specification asks. */
  readonly promoteScopeMetadata: boolean;
}

export const defaultOtlpSettings: OtlpSettings = {
  translationStrategy: "UnderscoreEscapingWithSuffixes",
  promoteResourceAttributes: [],
  promoteAllResourceAttributes: false,
  ignoreResourceAttributes: [],
  keepIdentifyingResourceAttributes: false,
  convertHistogramsToNhcb: false,
  promoteScopeMetadata: true,
};
