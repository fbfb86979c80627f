import { SeaworthyError } from "../../../model/index.ts";

/** A query of TraceQL that is none, or that asks for what cannot be answered. */
export class TraceqlError extends SeaworthyError {
  readonly code = "traceql";
  override readonly status = 400;
  /** Where the fault is, in UTF-16 units from the start. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(`${message} (at position ${at + 1})`);
    this.name = "TraceqlError";
    this.at = at;
  }
}

/** What every span or trace has, by TraceQL's names. */
export const INTRINSICS = {
  name: "name",
  "span:name": "name",
  duration: "duration",
  "span:duration": "duration",
  status: "status",
  "span:status": "status",
  statusMessage: "statusMessage",
  "span:statusMessage": "statusMessage",
  kind: "kind",
  "span:kind": "kind",
  "span:id": "spanId",
  "span:parentID": "parentId",
  "trace:id": "traceId",
  traceDuration: "traceDuration",
  "trace:duration": "traceDuration",
  rootName: "rootName",
  "trace:rootName": "rootName",
  rootServiceName: "rootService",
  "trace:rootService": "rootService",
  "instrumentation:name": "scope",
} as const;

export type Intrinsic = (typeof INTRINSICS)[keyof typeof INTRINSICS];

export type Field =
  | { readonly kind: "intrinsic"; readonly name: Intrinsic }
  | {
      readonly kind: "attribute";
      /** `any`: the span's, and where it has none the resource's. */
      readonly of: "span" | "resource" | "any";
      readonly name: string;
    };

export type Value =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  /** ns */
  | { readonly kind: "duration"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "word"; readonly value: string }
  | { readonly kind: "nil" };

export type Operator = "=" | "!=" | "=~" | "!~" | "<" | "<=" | ">" | ">=";

/** What a span must be. */
export type Condition =
  | {
      readonly kind: "compare";
      readonly field: Field;
      readonly operator: Operator;
      readonly value: Value;
      readonly at: number;
    }
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly inner: Condition };

/** What spans a trace must have. */
export type Spansets =
  | { readonly kind: "spans"; readonly condition: Condition | undefined }
  | { readonly kind: "and" | "or"; readonly left: Spansets; readonly right: Spansets };

/** What the spans that were found must be together. */
export interface Aggregate {
  readonly function: "count" | "avg" | "min" | "max" | "sum";
  /** Of `count` none. */
  readonly field: Field | undefined;
  readonly operator: Exclude<Operator, "=~" | "!~">;
  readonly value: number;
}

export interface TraceQuery {
  readonly spansets: Spansets;
  readonly aggregates: readonly Aggregate[];
}
