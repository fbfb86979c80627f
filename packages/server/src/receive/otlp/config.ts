import { z } from "zod";
import { defaultOtlpSettings } from "./settings.ts";
import type { OtlpSettings } from "./settings.ts";

const names = z.array(z.string().min(1));

/**
 * The section `otlp` of prometheus.yml.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#configuration-file
 */
export const otlpSection = z.strictObject({
  promote_all_resource_attributes: z.boolean().optional(),
  promote_resource_attributes: names.optional(),
  ignore_resource_attributes: names.optional(),
  translation_strategy: z
    .enum([
      "UnderscoreEscapingWithSuffixes",
      "UnderscoreEscapingWithoutSuffixes",
      "NoUTF8EscapingWithSuffixes",
      "NoTranslation",
    ])
    .optional(),
  keep_identifying_resource_attributes: z.boolean().optional(),
  convert_histograms_to_nhcb: z.boolean().optional(),
  promote_scope_metadata: z.boolean().optional(),
});

/** The settings that a section means. */
export function otlpSettings(section: z.infer<typeof otlpSection> | undefined): OtlpSettings {
  const defaults = defaultOtlpSettings;
  const given = section ?? {};
  return {
    translationStrategy: given.translation_strategy ?? defaults.translationStrategy,
    promoteResourceAttributes:
      given.promote_resource_attributes ?? defaults.promoteResourceAttributes,
    promoteAllResourceAttributes:
      given.promote_all_resource_attributes ?? defaults.promoteAllResourceAttributes,
    ignoreResourceAttributes: given.ignore_resource_attributes ?? defaults.ignoreResourceAttributes,
    keepIdentifyingResourceAttributes:
      given.keep_identifying_resource_attributes ?? defaults.keepIdentifyingResourceAttributes,
    convertHistogramsToNhcb: given.convert_histograms_to_nhcb ?? defaults.convertHistogramsToNhcb,
    promoteScopeMetadata: given.promote_scope_metadata ?? defaults.promoteScopeMetadata,
  };
}
