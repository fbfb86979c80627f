import { UNKNOWN_FIELD } from "@seaworthy/logql";
import type { Extraction } from "@seaworthy/logql";
import { JSON_COLUMNS, JSON_FIELDS, JSON_SHAPE } from "../../store/index.ts";
import type { LabelColumns } from "./label-columns.ts";
import { numberOf } from "./parsed-labels.ts";
import type { NumberLabel, ParsedLabels, Unit } from "./parsed-labels.ts";

const LABELS_OF_PATHS = new Map(
  JSON_FIELDS.map((path) => [path.join("."), path.join("_")] as const),
);

const COLUMNS = new Set(JSON_COLUMNS.values());

/** Whether an expression is a column of few values. */
export const isKeptColumn = (expression: string): boolean => COLUMNS.has(expression);

const UNKNOWN = `char(${UNKNOWN_FIELD.charCodeAt(0)})`;

/**
 * Labels that LogQL's `json` finds, of the columns in which fields were kept as lines came: lines need
 * not be read. Where `known` does not hold, they must.
 */
export class KeptFields implements ParsedLabels {
  readonly #labels: LabelColumns;
  /** Labels and their paths; undefined for all there are, by their own names. */
  readonly #paths: ReadonlyMap<string, string> | undefined;
  readonly #known = new Set([`json_shape != ${JSON_SHAPE.unknown}`]);
  /** Names under which nothing came with the line. */
  readonly #notCome = new Set<string>();
  readonly #irregular = new Set<string>();
  #errorsPass = true;

  constructor(labels: LabelColumns, fields: readonly Extraction[]) {
    this.#labels = labels;
    this.#paths =
      fields.length === 0
        ? undefined
        : new Map(fields.map(({ label, expression }) => [label, expression]));
  }

  /** Where all that has been asked for is known, as a condition without parameters. */
  get known(): string {
    const names = [...this.#notCome].map((name) => `'${name}'`);
    const came = names.length === 0 ? [] : [`NOT hasAny(metadata.keys, [${names.join(", ")}])`];
    return [...this.#known, ...came].join(" AND ");
  }

  get irregular(): readonly string[] {
    return [...this.#irregular];
  }

  get failed(): string | undefined {
    return this.#errorsPass ? `json_shape = ${JSON_SHAPE.none}` : undefined;
  }

  withoutError(): string {
    this.#errorsPass = false;
    return `json_shape = ${JSON_SHAPE.object}`;
  }

  text(name: string): string | undefined {
    if (name.endsWith("_extracted")) return undefined;
    const path = this.#paths?.get(name);
    // Only what is extracted by name is there beside what came with the line.
    if (this.#paths !== undefined && path === undefined) return this.#labels.text(name);
    const column = JSON_COLUMNS.get(path === undefined ? name : (LABELS_OF_PATHS.get(path) ?? ""));
    if (column === undefined) return undefined;
    this.#known.add(`${column} != ${UNKNOWN}`);
    if (this.#labels.isOfMetadata(name) && /^\w+$/.test(name)) {
      // Of lines where nothing else comes before it, the column is all that is asked: it has few values,
      // each of which is compared once.
      this.#notCome.add(name);
      return column;
    }
    const came = this.#labels.text(name);
    return `if(${came} != '', ${came}, ${column})`;
  }

  number(name: string, unit: Unit): NumberLabel | undefined {
    return numberOf(this.text(name), unit, this.#irregular);
  }
}
