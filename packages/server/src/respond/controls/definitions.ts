import type { ControlDefinition, ControlRecord } from "../../store/index.ts";
import { ControlError } from "./errors.ts";

/** What a control can be set to. */
export type ControlValue = ControlRecord["value"];

const off = (description: string, dangerous: boolean): ControlDefinition => ({
  range: { kind: "boolean" },
  normal: false,
  description,
  dangerous,
  twoPerson: "never",
});

/** The controls that every service has. */
export const STANDARD: Readonly<Record<string, ControlDefinition>> = {
  "kill-switch": off("Stops the chosen routes: they answer 503", true),
  "safe-mode": off("Refuses writes; reading goes on", true),
  "operator-takeover": off("A person decides what the service decides by itself otherwise", false),
};

/** What is wrong with a value; undefined when the control takes it. */
function faultOf(
  { range }: Pick<ControlDefinition, "range">,
  value: ControlValue,
): string | undefined {
  if (range.kind === "boolean") {
    return typeof value === "boolean" ? undefined : "it takes true or false";
  }
  if (range.kind === "choice") {
    return typeof value === "string" && range.options.includes(value)
      ? undefined
      : `it takes one of ${range.options.map((option) => `"${option}"`).join(", ")}`;
  }
  const fits = typeof value === "number" && value >= range.min && value <= range.max;
  return fits ? undefined : `it takes a number from ${range.min} to ${range.max}`;
}

export const fits = (definition: Pick<ControlDefinition, "range">, value: ControlValue): boolean =>
  faultOf(definition, value) === undefined;

/** Throws `control_value_invalid`. */
export function checkValue(
  name: string,
  definition: Pick<ControlDefinition, "range">,
  value: ControlValue,
): void {
  const fault = faultOf(definition, value);
  if (fault === undefined) return;
  throw new ControlError(
    "control_value_invalid",
    `${name} cannot be ${JSON.stringify(value)}: ${fault}.`,
  );
}

/** Throws `control_definition_invalid`. */
export function checkDefinition(name: string, definition: ControlDefinition): void {
  const { range, normal } = definition;
  const invalid = (reason: string) =>
    new ControlError("control_definition_invalid", `${name}: ${reason}.`);
  if (Object.hasOwn(STANDARD, name) && (range.kind !== "boolean" || normal !== false)) {
    throw invalid("the kit's middleware reads it as a switch that is normally off");
  }
  if (range.kind === "number" && range.min > range.max) {
    throw invalid(`min (${range.min}) is above max (${range.max})`);
  }
  const fault = faultOf(definition, normal);
  if (fault !== undefined) throw invalid(`normal cannot be ${JSON.stringify(normal)}: ${fault}`);
}

/** A value as people say it. */
export function inWords(value: ControlValue | null): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "on" : "off";
  return String(value);
}
