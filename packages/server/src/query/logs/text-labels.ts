import { captureParts, regexpGroups } from "@seaworthy/logql";
import type { Stage } from "@seaworthy/logql";
import type { LabelColumns } from "./label-columns.ts";
import { LogfmtKeys } from "./logfmt-keys.ts";
import { numberOf } from "./parsed-labels.ts";
import type { NumberLabel, ParsedLabels, Unit } from "./parsed-labels.ts";
import type { Sql } from "../sql.ts";

/** What a parser finds in a line under a name, as an expression: empty for nothing. */
interface Found {
  readonly text: string;
  /** Where the parser finds something else. */
  readonly irregular?: string;
}

/** `"none"`: the parser never finds such a label. Undefined where it cannot be told. */
type Find = (name: string) => Found | "none" | undefined;

/** The parsers that find texts in lines and fail on none. */
export type TextStage = Extract<Stage, { kind: "logfmt" | "regexp" | "pattern" }>;

/** Labels that `logfmt`, `regexp` and `pattern` find, as expressions over a row of `logs`. */
export class TextLabels implements ParsedLabels {
  readonly failed = undefined;
  readonly #labels: LabelColumns;
  readonly #find: Find;
  readonly #irregular = new Set<string>();

  private constructor(labels: LabelColumns, find: Find) {
    this.#labels = labels;
    this.#find = find;
  }

  /** Undefined for forms of the stages that are left to the pipeline. */
  static of(stage: TextStage, sql: Sql, labels: LabelColumns): TextLabels | undefined {
    if (stage.kind === "logfmt") {
      if (stage.strict || stage.keepEmpty) return undefined;
      const keys = new LogfmtKeys(stage.fields, sql);
      return new TextLabels(labels, (name) => keys.find(name));
    }
    const { kind, pattern } = stage;
    return new TextLabels(labels, (kind === "regexp" ? regexpFinds : patternFinds)(pattern, sql));
  }

  get irregular(): readonly string[] {
    return [...this.#irregular];
  }

  withoutError(): string {
    return "1";
  }

  text(name: string): string | undefined {
    // Under this name stands what is found beside what came with the line.
    if (name.endsWith("_extracted")) return undefined;
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const came = this.#labels.text(name);
    if (found === "none") return came;
    if (found.irregular !== undefined) this.#irregular.add(found.irregular);
    return `if(${came} != '', ${came}, ${found.text})`;
  }

  number(name: string, unit: Unit): NumberLabel | undefined {
    return numberOf(this.text(name), unit, this.#irregular);
  }
}

function regexpFinds(source: string, sql: Sql): Find {
  const places = regexpGroups(source);
  // In LogQL a dot matches no line break unless the expression says so.
  const groups = `extractGroups(line, ${sql.text(`(?-s)${source}`)})`;
  return (name) => {
    const place = places.get(name);
    return place === undefined ? "none" : { text: `${groups}[${place}]` };
  };
}

/** Positions of the texts between captures, each looked for behind the one before. */
function patternFinds(source: string, sql: Sql): Find {
  const found = new Map<string, Found>();
  const parts = captureParts(source);
  const [first] = parts;
  const holds: string[] = [];
  let at = "1";
  let rest = parts;
  if (first !== undefined && "text" in first) {
    holds.push(`startsWith(line, ${sql.text(first.text)})`);
    at = `${Buffer.byteLength(first.text) + 1}`;
    rest = parts.slice(1);
  }
  for (let i = 0; i < rest.length; i += 2) {
    const capture = rest[i];
    const next = rest[i + 1];
    if (capture === undefined || "text" in capture) break;
    const isLast = next === undefined || !("text" in next);
    const end = isLast ? "0" : `position(line, ${sql.text(next.text)}, ${at})`;
    if (capture.name !== undefined) {
      const value = `substring(line, ${at}, if(${end} = 0, length(line) + 1, ${end}) - ${at})`;
      const text = holds.length === 0 ? value : `if(${holds.join(" AND ")}, ${value}, '')`;
      found.set(capture.name, { text });
    }
    if (isLast) break;
    holds.push(`${end} > 0`);
    at = `(${end} + ${Buffer.byteLength(next.text)})`;
  }
  return (name) => found.get(name) ?? "none";
}
