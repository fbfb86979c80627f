import type { Extraction } from "@seaworthy/logql";
import type { Sql } from "../sql.ts";

/** A pair as `logfmt` reads it (packages/logql/src/pipeline/logfmt.ts), with or without a value. */
const QUOTED = String.raw`"(?:[^"\\]|\\[^\r\n])*"`;
const PAIR = String.raw`[^\s="]+(?:=(?:${QUOTED}|[^\s"]*))?`;
/** A value that is not empty: of others, the next of the same name counts. */
const VALUE = String.raw`("(?:[^"\\]|\\[^\r\n])+"|[^\s"]+)`;
/** A line in which nothing is left out. */
const REGULAR = String.raw`\A\s*(?:${PAIR}\s+)*(?:${PAIR})?\z`;
/** What is white space to LogQL and not to the engine. */
const OTHER_SPACE = String.raw`[\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]`;

/** Names that only keys of the same form become: dots and the like are underscores in labels. */
const NAME = /^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*$/;
const KEY = /^[^\s="]+$/;

/** Values of logfmt's keys, as expressions over a row of `logs`. */
export class LogfmtKeys {
  readonly #sql: Sql;
  /** Labels and their keys; undefined for all keys there are, by their own names. */
  readonly #keys: ReadonlyMap<string, string> | undefined;

  constructor(fields: readonly Extraction[], sql: Sql) {
    this.#sql = sql;
    this.#keys =
      fields.length === 0
        ? undefined
        : new Map(fields.map(({ label, expression }) => [label, expression]));
  }

  /** Undefined where it cannot be told. */
  find(name: string): { readonly text: string; readonly irregular: string } | "none" | undefined {
    const key = this.#keyOf(name);
    if (key === undefined) return undefined;
    if (key === null) return "none";
    const sql = this.#sql;
    const has = `match(line, ${sql.text(`${key}=`)})`;
    const pair = `extract(line, ${sql.text(String.raw`\A\s*(?:${PAIR}\s+)*?${key}=${VALUE}(?:\s|\z)`)})`;
    const inner = `substring(${pair}, 2, length(${pair}) - 2)`;
    const isEscaped = `position(${pair}, '\\\\') > 0`;
    const unescaped = `if(${isEscaped} AND isValidJSON(${pair}), JSONExtractString(${pair}), ${inner})`;
    const irregular = [
      `(${pair} = '' AND ${has} AND NOT match(line, ${sql.text(REGULAR)}))`,
      // Halves of surrogate pairs, which the engine does not take.
      `(${isEscaped} AND match(${pair}, '[^a-z]u[dD]'))`,
      `(${has} AND (position(line, char(11)) > 0 OR (lengthUTF8(line) != length(line) AND match(line, ${sql.text(OTHER_SPACE)}))))`,
    ];
    return {
      text: `if(startsWith(${pair}, '"'), ${unescaped}, ${pair})`,
      irregular: `(${irregular.join(" OR ")})`,
    };
  }

  /** The key as a regular expression; null where there is none. */
  #keyOf(name: string): string | null | undefined {
    if (this.#keys !== undefined) {
      const key = this.#keys.get(name);
      if (key === undefined || !KEY.test(key)) return null;
      return key.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    }
    if (!NAME.test(name)) return undefined;
    return name.replaceAll("_", String.raw`[^A-Za-z0-9\s="\x{10000}-\x{10ffff}]`);
  }
}
