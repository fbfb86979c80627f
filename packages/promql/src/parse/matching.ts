import { parseError } from "../errors.ts";
import { SET, type Cardinality, type VectorMatching } from "./ast.ts";
import { signedNumber } from "./numbers.ts";
import type { TokenStream } from "./stream.ts";
import type { Token } from "./token.ts";

export interface BinaryModifiers {
  readonly returnBool: boolean;
  /** Only what was written; the check fills in the default between two vectors. */
  readonly matching?: VectorMatching;
}

const SET_OPERATORS: ReadonlySet<string> = new Set(SET);

/** `bool`, `on(…)`, `ignoring(…)`, `group_left(…)`, `fill(…)` between an operator and its right side. */
export function parseBinaryModifiers(stream: TokenStream, operator: Token): BinaryModifiers {
  const returnBool = takeKeyword(stream, "bool");
  let cardinality: Cardinality = SET_OPERATORS.has(operator.id) ? "many-to-many" : "one-to-one";
  let on: boolean | undefined;
  let labels: string[] = [];
  let include: string[] = [];
  const selecting = stream.current;
  if (selecting.kind === "keyword" && (selecting.id === "on" || selecting.id === "ignoring")) {
    stream.advance();
    on = selecting.id === "on";
    labels = stream.labelList();
    const group = stream.current;
    if (group.kind === "keyword" && (group.id === "group_left" || group.id === "group_right")) {
      stream.advance();
      cardinality = group.id === "group_left" ? "many-to-one" : "one-to-many";
      if (stream.current.id === "(") include = stream.labelList();
      if (SET_OPERATORS.has(operator.id)) {
        throw parseError(stream.query, group, `no grouping allowed for "${operator.id}" operation`);
      }
    }
  }
  const fills = parseFills(stream);
  if (on === undefined && fills === undefined) return { returnBool };
  return {
    returnBool,
    matching: { cardinality, on: on ?? false, labels, include, ...fills },
  };
}

function takeKeyword(stream: TokenStream, id: string): boolean {
  const found = stream.current.kind === "keyword" && stream.current.id === id;
  if (found) stream.advance();
  return found;
}

interface Fills {
  fillLeft?: number;
  fillRight?: number;
}

/** A word like `fill` is a modifier only before a parenthesis: it may also name a metric. */
function parseFills(stream: TokenStream): Fills | undefined {
  const fills: Fills = {};
  for (;;) {
    const token = stream.current;
    if (token.kind !== "keyword" || !token.id.startsWith("fill") || stream.peek().id !== "(") break;
    const left = token.id !== "fill_right";
    const right = token.id !== "fill_left";
    if ((left && fills.fillLeft !== undefined) || (right && fills.fillRight !== undefined)) {
      throw stream.unexpected("fill modifier");
    }
    stream.advance();
    stream.expect("(", "fill modifier");
    const value = signedNumber(stream, "fill modifier", "number");
    stream.expect(")", "fill modifier");
    if (left) fills.fillLeft = value;
    if (right) fills.fillRight = value;
  }
  return fills.fillLeft === undefined && fills.fillRight === undefined ? undefined : fills;
}
