/** `@seaworthy/sdk/controls`: the switches that operators set in an emergency. */
export { Controls, type ControlsOptions, type ControlSource } from "./controls.ts";
export { ControlGate, type ControlGateOptions } from "./gate.ts";
export type { ControlChange, ControlName, ControlShape, ControlValue } from "./values.ts";
