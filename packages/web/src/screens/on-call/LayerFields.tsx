import type { DutyWindow, User } from "@seaworthy/contract";
import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { IconArrowUp, IconPlus, IconX } from "@tabler/icons-react";
import styles from "./OnCall.module.css";
import type { LayerDraft } from "./schedule-draft.ts";
import { ZoneField } from "./ZoneField.tsx";

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const units = [
  { value: "week", label: "weeks" },
  { value: "day", label: "days" },
];

interface LayerFieldsProps {
  readonly layer: LayerDraft;
  readonly people: readonly User[];
  readonly change: (change: Partial<LayerDraft>) => void;
  /** Left out for the only layer. */
  readonly remove?: () => void;
  readonly note: string | undefined;
}

/** People who take turns: who, how long, and at which times. */
export function LayerFields({ layer, people, change, remove, note }: LayerFieldsProps) {
  const setWindow = (place: number, next: Partial<DutyWindow>) =>
    change({
      windows: layer.windows.map((one, i) => (i === place ? { ...one, ...next } : one)),
    });
  return (
    <fieldset className={styles.layer}>
      <legend>
        {layer.name || "Layer"}
        {note === undefined ? null : <span className={styles.muted}> · {note}</span>}
      </legend>
      <div className={styles.fields}>
        <TextInput
          label="Layer"
          required
          withAsterisk={false}
          maxLength={100}
          value={layer.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          type="datetime-local"
          label="First handover"
          required
          withAsterisk={false}
          value={layer.startsAt}
          onChange={(event) => change({ startsAt: event.currentTarget.value })}
        />
        <ZoneField
          label="Local time of"
          value={layer.timeZone}
          change={(timeZone) => change({ timeZone })}
        />
        <TextInput
          type="number"
          label="Each turn lasts"
          min={1}
          max={52}
          required
          withAsterisk={false}
          value={Number.isNaN(layer.turn.length) ? "" : layer.turn.length}
          onChange={({ currentTarget: { valueAsNumber } }) =>
            change({ turn: { ...layer.turn, length: valueAsNumber } })
          }
        />
        <NativeSelect
          aria-label="Unit of turns"
          data={units}
          value={layer.turn.unit}
          onChange={({ currentTarget: { value } }) =>
            change({ turn: { ...layer.turn, unit: value === "day" ? "day" : "week" } })
          }
        />
      </div>
      <Turns layer={layer} people={people} change={change} />
      {layer.windows.map((window, place) => (
        <WindowFields
          // Windows have no names of their own; they are added and removed at the end or by hand.
          key={place}
          window={window}
          change={(next) => setWindow(place, next)}
          remove={() => change({ windows: layer.windows.filter((_, i) => i !== place) })}
        />
      ))}
      <div className={styles.actions}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={15} stroke={1.7} aria-hidden />}
          onClick={() =>
            change({
              windows: [...layer.windows, { days: [1, 2, 3, 4, 5], from: "09:00", to: "17:00" }],
            })
          }
        >
          {layer.windows.length === 0 ? "Only at certain times" : "More times"}
        </Button>
        {remove === undefined ? null : (
          <Button size="xs" variant="default" onClick={remove}>
            Remove the layer
          </Button>
        )}
      </div>
    </fieldset>
  );
}

function Turns({ layer, people, change }: Pick<LayerFieldsProps, "layer" | "people" | "change">) {
  const nameOf = (id: string) => people.find((one) => one.id === id)?.name ?? "Somebody";
  const move = (place: number) => {
    const order = [...layer.people];
    const [moved] = order.splice(place, 1);
    if (moved !== undefined) order.splice(place - 1, 0, moved);
    change({ people: order });
  };
  return (
    <div>
      <p className={styles.label}>Who takes turns, in this order</p>
      <ol className={styles.chips}>
        {layer.people.map((id, place) => (
          // The same person may have two turns in a row.
          <li key={`${place} ${id}`} className={styles.chip}>
            {nameOf(id)}
            {place === 0 ? null : (
              <ActionIcon
                variant="subtle"
                size="sm"
                aria-label={`Move ${nameOf(id)} forward`}
                onClick={() => move(place)}
              >
                <IconArrowUp size={14} stroke={1.7} />
              </ActionIcon>
            )}
            <ActionIcon
              variant="subtle"
              size="sm"
              aria-label={`Take ${nameOf(id)} out`}
              onClick={() => change({ people: layer.people.filter((_, i) => i !== place) })}
            >
              <IconX size={14} stroke={1.7} />
            </ActionIcon>
          </li>
        ))}
        <li>
          <NativeSelect
            aria-label={`Add a person to ${layer.name || "the layer"}`}
            data={[
              { value: "", label: "Add a person" },
              ...people.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value=""
            onChange={({ currentTarget: { value } }) => {
              if (value !== "") change({ people: [...layer.people, value] });
            }}
          />
        </li>
      </ol>
    </div>
  );
}

interface WindowFieldsProps {
  readonly window: DutyWindow;
  readonly change: (next: Partial<DutyWindow>) => void;
  readonly remove: () => void;
}

function WindowFields({ window, change, remove }: WindowFieldsProps) {
  return (
    <div className={styles.window}>
      <div className={styles.days} role="group" aria-label="Days on which it begins">
        {days.map((name, i) => {
          const day = i + 1;
          const isOn = window.days.includes(day);
          return (
            <button
              key={name}
              type="button"
              className={styles.dayButton}
              aria-pressed={isOn}
              onClick={() =>
                change({
                  days: isOn
                    ? window.days.filter((one) => one !== day)
                    : [...window.days, day].sort((a, b) => a - b),
                })
              }
            >
              {name}
            </button>
          );
        })}
      </div>
      <TextInput
        type="time"
        label="From"
        value={window.from}
        onChange={(event) => change({ from: event.currentTarget.value })}
      />
      <TextInput
        type="time"
        label={window.to <= window.from ? "Until, the next day" : "Until"}
        value={window.to}
        onChange={(event) => change({ to: event.currentTarget.value })}
      />
      <Button variant="default" onClick={remove}>
        Remove
      </Button>
    </div>
  );
}
