/** What controls are, without anything of a runtime: for Node and for the edge. */

/** What a control can be set to. */
export type ControlValue = boolean | string | number;

/** The controls that every service has. */
export type StandardControl = "kill-switch" | "safe-mode" | "operator-takeover";

/** The controls of an application, by name: `{ "new-checkout": boolean; plan: "a" | "b" }`. */
export type ControlShape = Readonly<Record<string, ControlValue>>;

export type ControlName<Shape extends ControlShape> = StandardControl | (keyof Shape & string);

type Widened<Value> = Value extends boolean ? boolean : Value extends number ? number : string;

/** What `value` answers: what the shape says, or any value of the fallback's kind without one. */
export type ValueOf<Shape extends ControlShape, Name, Fallback> = Name extends StandardControl
  ? boolean
  : string extends keyof Shape
    ? Widened<Fallback>
    : Name extends keyof Shape
      ? Shape[Name]
      : Widened<Fallback>;

/** Most of an answer, an event or a cache that is read, in characters. */
export const maxSnapshot = 262_144;
const maxControls = 1_000;

/** All values of a service at one revision. */
export interface ControlSnapshot {
  readonly revision: number;
  readonly values: ReadonlyMap<string, ControlValue>;
}

/** One value that is another now; undefined where the control is, or was, not there. */
export interface ControlChange {
  readonly name: string;
  readonly value: ControlValue | undefined;
  readonly was: ControlValue | undefined;
  readonly revision: number;
}

/** Reads what Seaworthy sends. Throws when it is something else. */
export function readSnapshot(json: string): ControlSnapshot {
  if (json.length > maxSnapshot) throw new Error(`more than ${maxSnapshot} characters of controls`);
  const read: unknown = JSON.parse(json);
  if (typeof read !== "object" || read === null) throw new Error("the controls are no object");
  const { revision, controls } = read as { revision?: unknown; controls?: unknown };
  if (typeof revision !== "number" || !Number.isSafeInteger(revision) || revision < 0)
    throw new Error("the controls have no revision");
  if (typeof controls !== "object" || controls === null || Array.isArray(controls))
    throw new Error("there are no controls");
  const values = new Map<string, ControlValue>();
  for (const [name, value] of Object.entries(controls).slice(0, maxControls)) {
    const known: unknown = value;
    if (typeof known === "boolean" || typeof known === "string" || typeof known === "number")
      values.set(name, known);
  }
  return { revision, values };
}

/** The value, if it is of the fallback's kind. */
export function valueIn(
  snapshot: ControlSnapshot | undefined,
  name: string,
  fallback: ControlValue,
): ControlValue {
  const value = snapshot?.values.get(name);
  return value !== undefined && typeof value === typeof fallback ? value : fallback;
}

/** What differs between two states. */
export function changesBetween(
  before: ControlSnapshot | undefined,
  after: ControlSnapshot,
): readonly ControlChange[] {
  const names = new Set([...(before?.values.keys() ?? []), ...after.values.keys()]);
  const { revision } = after;
  return [...names].flatMap((name) => {
    const was = before?.values.get(name);
    const value = after.values.get(name);
    return value === was ? [] : [{ name, value, was, revision }];
  });
}
