import { StoreError } from "../errors.ts";

/** What a `{name:Type}` placeholder may stand for. Ids and times beyond 2^53 are given as bigint. */
export type Parameter = number | bigint | string | readonly (number | bigint | string)[];
export type Parameters = Readonly<Record<string, Parameter>>;

const PLACEHOLDER = /\{(\w+):(\w+(?:\(\w+\))?)\}/g;

/**
 * Puts typed constants in the place of `{name:Type}` placeholders. The embedded engine keeps bound
 * parameters in one place for the whole process, so that two queries at a time would read each
 * other's; its binding therefore runs them one after another. A value rendered here cannot end its
 * literal: numbers are digits, and text that is more than plain letters travels as hexadecimal.
 * A server gets the same text: what it binds itself must fit into the request's address.
 */
export function renderStatement(sql: string, parameters: Parameters): string {
  refuseSeveralStatements(sql);
  return sql.replace(PLACEHOLDER, (_, name: string, type: string) => {
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (value === undefined) throw new TypeError(`the statement's parameter ${name} has no value`);
    return renderValue(value, type, name);
  });
}

function renderValue(value: Parameter, type: string, name: string): string {
  const element = /^Array\((\w+)\)$/.exec(type)?.[1];
  if (element === undefined) return renderScalar(value, type, name);
  if (!Array.isArray(value)) throw mismatch(name, type);
  return `[${value.map((item: Parameter) => renderScalar(item, element, name)).join(",")}]`;
}

function renderScalar(value: Parameter, type: string, name: string): string {
  if (type === "String" && typeof value === "string") return renderText(value);
  if (type === "Float64" && typeof value === "number") return `toFloat64('${value}')`;
  if (/^U?Int(8|16|32|64)$/.test(type)) {
    if (typeof value === "bigint") return value.toString();
    if (Number.isSafeInteger(value)) return String(value);
  }
  throw mismatch(name, type);
}

function mismatch(name: string, type: string): TypeError {
  return new TypeError(`the statement's parameter ${name} is not of type ${type}`);
}

function renderText(value: string): string {
  if (/^[A-Za-z0-9_.:/-]*$/.test(value)) return `'${value}'`;
  return `unhex('${Buffer.from(value, "utf8").toString("hex")}')`;
}

/** Quoted text, quoted names and comments, in which a semicolon means nothing. */
const QUOTED =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** The embedded engine runs `a; b` as two statements. No statement of ours is two. */
function refuseSeveralStatements(sql: string): void {
  if (sql.replace(QUOTED, "").includes(";")) {
    throw new StoreError("store_unavailable", "a statement may not contain a semicolon");
  }
}
