import { z } from "zod";
import { isName } from "../names.ts";
import { labelMap, text, withoutNulls } from "../config-fields.ts";

/** Targets that share labels, in `static_configs` and in files of targets. */
export const targetGroup = z.strictObject({
  targets: z.array(text).optional(),
  labels: labelMap.optional(),
});

/** A file of target groups in YAML, where any scalar is a text. */
export const yamlTargetFile = z.preprocess(withoutNulls, z.array(targetGroup));

const labelName = z.string().refine((name) => isName(name, "utf8"), "is not a label name");

/** Target groups in JSON, in a file or from a server, where only a text is a text. */
export const jsonTargetFile = z.array(
  z.strictObject({
    targets: z.array(z.string()).nullish(),
    labels: z.record(labelName, z.string()).nullish(),
  }),
);
