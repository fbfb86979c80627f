import type { ComponentState, StatusComponent } from "@seaworthy/contract";
import { NativeSelect } from "@mantine/core";
import styles from "./StatusPage.module.css";
import { COMPONENT_STATES } from "./words.ts";

/** What an announcement makes of components, by their ids; those without a state are not named. */
export type Named = Readonly<Record<string, ComponentState>>;

/** Which components are affected, and how. */
export function NamedComponents({
  components,
  named,
  change,
}: {
  readonly components: readonly StatusComponent[];
  readonly named: Named;
  readonly change: (named: Named) => void;
}) {
  return (
    <div className={styles.named}>
      {components.map(({ id, name }) => (
        <NativeSelect
          key={id}
          label={name}
          data={[{ value: "", label: "Not affected" }, ...COMPONENT_STATES]}
          value={named[id] ?? ""}
          onChange={(event) => {
            const { [id]: _, ...others } = named;
            const state = event.currentTarget.value;
            change(state === "" ? others : { ...others, [id]: state as ComponentState });
          }}
        />
      ))}
    </div>
  );
}

/** The same as the API takes it. */
export const namedList = (named: Named) =>
  Object.entries(named).map(([id, state]) => ({ id, state }));
