import type { ComponentState } from "@seaworthy/contract";
import { StateMark, type State } from "../../elements/StateMark.tsx";
import { inWords } from "./words.ts";

const looks: Readonly<Record<ComponentState, State>> = {
  operational: "up",
  degraded_performance: "pending",
  partial_outage: "firing",
  major_outage: "down",
  under_maintenance: "acknowledged",
};

/** How a component does, by shape, colour and word. */
export function ComponentMark({ state }: { readonly state: ComponentState }) {
  return <StateMark state={looks[state]} word={inWords(state)} />;
}
