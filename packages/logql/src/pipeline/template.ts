import { MapValue, TemplateSet } from "@seaworthy/template";
import { templateFunctions } from "./template-functions.ts";
import type { LineContext } from "./template-functions.ts";

/** Makes texts of a line and its labels. */
export type LineTemplate = (
  line: string,
  timeNs: bigint,
  labels: ReadonlyMap<string, string>,
) => string;

/** Compiles a template. Throws TemplateError. */
export function compileTemplate(text: string): LineTemplate {
  const context: LineContext = { line: "", timeNs: 0n };
  const set = new TemplateSet({ functions: templateFunctions(context), missingKey: "zero" });
  const template = set.compile("line", text);
  return (line, timeNs, labels) => {
    context.line = line;
    context.timeNs = timeNs;
    const data = new MapValue(labels, { zero: "" });
    return template.execute(data);
  };
}
