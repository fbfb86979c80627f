import { PushError } from "../push/errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Reads a body as JSON. Throws PushError that says where it is not. */
export function parseJson(body: Buffer): Json {
  try {
    return JSON.parse(body.toString("utf8")) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : "it cannot be read";
    throw new PushError("request_malformed", `the body is not JSON: ${reason}`);
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A list that must be one; `where` names it. Absent is empty. */
export function listAt(value: Json | undefined, where: string): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (isList(value)) return value;
  throw new PushError("request_malformed", `${where} must be a list, not ${kindOf(value)}`);
}

/** An object that must be one; `where` names it. Absent is empty. */
export function objectAt(value: Json | undefined, where: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  throw new PushError("request_malformed", `${where} must be an object, not ${kindOf(value)}`);
}

/** A text that must be one. */
export function textAt(value: Json | undefined, where: string): string {
  if (typeof value === "string") return value;
  throw new PushError("request_malformed", `${where} must be a text, not ${kindOf(value)}`);
}

/** A value as one text: texts as they are, all else as JSON. Absent is empty. */
export function scalarText(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : stringify(value);
}

/** JSON text; what nests too deep to be written says so. */
export function stringify(value: Json): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "<nested too deep>";
  }
}

function kindOf(value: Json | undefined): string {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
