import type { Stage } from "../ast.ts";
import { LogqlError } from "../errors.ts";
import type { Labels } from "../labels.ts";
import { compileFilter, compileLineFilter, compileMatcher } from "./filters.ts";
import { LineLabels } from "./line-labels.ts";
import {
  compileJson,
  compileLogfmt,
  compilePatternParser,
  compileRegexpParser,
  unpack,
} from "./parsers.ts";
import { compileTemplate } from "./template.ts";

/** Answers the line as the stage leaves it, undefined when the line is out. */
type Step = (line: string, labels: LineLabels, timeNs: bigint) => string | undefined;

/** A pipeline that is ready to run, for one query (`distinct` remembers). */
export interface Pipeline {
  /**
   * Runs a line through; undefined when it is filtered out. The labels are the pipeline's own and hold
   * until the next run.
   */
  run(
    line: string,
    timeNs: bigint,
    stream: Labels,
    metadata: Labels,
  ): { readonly line: string; readonly labels: LineLabels } | undefined;
}

/** Compiles the stages. Throws LogqlError. */
export function compilePipeline(stages: readonly Stage[]): Pipeline {
  const steps = stages.map((stage) => {
    try {
      return compileStage(stage);
    } catch (error) {
      throw new LogqlError("parse", error instanceof Error ? error.message : String(error));
    }
  });
  const labels = new LineLabels();
  return {
    run(line, timeNs, stream, metadata) {
      labels.reset(stream, metadata);
      let current: string | undefined = line;
      for (const step of steps) {
        current = step(current, labels, timeNs);
        if (current === undefined) return undefined;
      }
      return { line: current, labels };
    },
  };
}

function compileStage(stage: Stage): Step {
  switch (stage.kind) {
    case "line_filter": {
      const test = compileLineFilter(stage);
      return (line) => (test(line) ? line : undefined);
    }
    case "json":
      return compileJson(stage);
    case "logfmt":
      return compileLogfmt(stage);
    case "pattern":
      return compilePatternParser(stage.pattern);
    case "regexp":
      return compileRegexpParser(stage.pattern);
    case "unpack":
      return unpack;
    case "decolorize":
      return (line) => line.replace(ANSI, "");
    case "label_filter": {
      const test = compileFilter(stage.filter);
      return (line, labels) => (test(labels) ? line : undefined);
    }
    case "line_format":
      return lineFormat(stage.template);
    case "label_format":
      return labelFormat(stage);
    case "drop":
    case "keep":
      return dropOrKeep(stage);
    case "distinct":
      return distinct(stage.labels);
    default:
      return stage satisfies never;
  }
}

const ESCAPE = String.fromCodePoint(27);
const ANSI = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007]*\\u0007|[@-Z\\\\-_])`, "g");

function lineFormat(source: string): Step {
  const template = compileTemplate(source);
  return (line, labels, timeNs) => {
    try {
      return template(line, timeNs, new Map(Object.entries(labels.all())));
    } catch (error) {
      labels.fail("TemplateFormatErr", error instanceof Error ? error.message : String(error));
      return line;
    }
  };
}

function labelFormat({ formats }: Extract<Stage, { kind: "label_format" }>): Step {
  const compiled = formats.map((format) => ({
    ...format,
    template: format.from === "template" ? compileTemplate(format.value) : undefined,
  }));
  return (line, labels, timeNs) => {
    for (const { label, value, template } of compiled) {
      if (template === undefined) {
        const found = labels.get(value);
        if (found === "") continue;
        labels.set(label, found);
        labels.delete(value);
        continue;
      }
      try {
        labels.set(label, template(line, timeNs, new Map(Object.entries(labels.all()))));
      } catch (error) {
        labels.fail("TemplateFormatErr", error instanceof Error ? error.message : String(error));
      }
    }
    return line;
  };
}

function dropOrKeep({ kind, labels: listed }: Extract<Stage, { kind: "drop" | "keep" }>): Step {
  const rules = listed.map(({ name, matcher }) => ({
    name,
    test: matcher === undefined ? () => true : compileMatcher(matcher),
  }));
  if (kind === "drop") {
    return (line, labels) => {
      for (const { name, test } of rules) if (test(labels.get(name))) labels.delete(name);
      return line;
    };
  }
  return (line, labels) => {
    for (const name of labels.names()) {
      if (name.startsWith("__")) continue;
      const kept = rules.some((rule) => rule.name === name && rule.test(labels.get(name)));
      if (!kept) labels.delete(name);
    }
    return line;
  };
}

/** Keeps the first line of each combination of values; lines without one of the labels stay. */
function distinct(names: readonly string[]): Step {
  const met = new Set<string>();
  return (line, labels) => {
    const values = names.map((name) => labels.get(name));
    if (values.includes("")) return line;
    const key = JSON.stringify(values);
    if (met.has(key)) return undefined;
    met.add(key);
    return line;
  };
}
