import type { Control, ControlDraft } from "@seaworthy/contract";
import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./Controls.module.css";
import { useDefine } from "./queries.ts";
import { readValue, standard, valueWords } from "./words.ts";

interface DefineControlProps {
  readonly place: { readonly service: string; readonly environment: string };
  /** The control that is changed; a new one is made without it. */
  readonly control?: Control;
  readonly remove?: () => void;
  readonly close: () => void;
}

type Kind = ControlDraft["range"]["kind"];
const kinds: readonly { value: Kind; label: string }[] = [
  { value: "boolean", label: "A switch: on or off" },
  { value: "choice", label: "One of a list" },
  { value: "number", label: "A number within bounds" },
];

const second: readonly { value: ControlDraft["twoPerson"]; label: string }[] = [
  { value: "never", label: "No change" },
  { value: "away", label: "Changes away from normal" },
  { value: "always", label: "Every change" },
];

/** What the fields say a control takes; null while they do not say it. */
function readRange(kind: Kind, options: string, min: string, max: string) {
  if (kind === "boolean") return { kind };
  if (kind === "choice") {
    const list = options.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
    return list.length >= 2 && new Set(list).size === list.length ? { kind, options: list } : null;
  }
  const bounds = { min: Number(min), max: Number(max) };
  return min !== "" && max !== "" && bounds.min <= bounds.max ? { kind, ...bounds } : null;
}

/** Makes a switch of one's own, or changes what a control is. */
export function DefineControl({ place, control, remove, close }: DefineControlProps) {
  const range = control?.range;
  const [name, setName] = useState(control?.name ?? "");
  const [kind, setKind] = useState<Kind>(range?.kind ?? "boolean");
  const [options, setOptions] = useState(range?.kind === "choice" ? range.options.join("\n") : "");
  const [min, setMin] = useState(range?.kind === "number" ? String(range.min) : "0");
  const [max, setMax] = useState(range?.kind === "number" ? String(range.max) : "100");
  const [normal, setNormal] = useState(valueWords(control?.normal ?? false));
  const [description, setDescription] = useState(control?.description ?? "");
  const [dangerous, setDangerous] = useState(control?.dangerous ?? false);
  const [twoPerson, setTwoPerson] = useState(control?.twoPerson ?? "never");
  const define = useDefine();
  const isStandard = control !== undefined && standard.has(control.name);
  const nextRange = readRange(kind, options, min, max);
  const value = nextRange === null ? null : readValue(nextRange, normal);
  const isNamed = /^[a-z][a-z0-9-]{0,62}$/.test(name);
  return (
    <Dialog
      title={
        control === undefined
          ? `Make a switch for ${place.service}`
          : `Define ${control.name} of ${place.service}`
      }
      close={close}
    >
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          if (nextRange === null || value === null || !isNamed) return;
          const body = { range: nextRange, normal: value, description, dangerous, twoPerson };
          define.mutate({ params: { ...place, name }, body }, { onSuccess: close });
        }}
      >
        {define.error === null ? null : <FormError error={define.error} />}
        {control === undefined ? (
          <TextInput
            label="Name"
            description="By which the application asks for it: lower-case letters, digits and hyphens."
            data-autofocus
            maxLength={63}
            value={name}
            error={name === "" || isNamed ? undefined : "begins with a letter; a-z, 0-9 and - only"}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        ) : null}
        {isStandard ? null : (
          <NativeSelect
            label="Takes"
            data={[...kinds]}
            value={kind}
            onChange={(event) => {
              const next = event.currentTarget.value as Kind;
              setKind(next);
              setNormal(next === "boolean" ? "off" : "");
            }}
          />
        )}
        {kind === "choice" ? (
          <Textarea
            label="The list"
            description="One on each line, two at least."
            autosize
            minRows={3}
            maxRows={8}
            value={options}
            onChange={(event) => setOptions(event.currentTarget.value)}
          />
        ) : null}
        {kind === "number" ? (
          <div className={styles.fields}>
            <TextInput
              type="number"
              step="any"
              label="From"
              value={min}
              onChange={(event) => setMin(event.currentTarget.value)}
            />
            <TextInput
              type="number"
              step="any"
              label="To"
              value={max}
              onChange={(event) => setMax(event.currentTarget.value)}
            />
          </div>
        ) : null}
        {isStandard ? null : kind === "boolean" ? (
          <NativeSelect
            label="Normally"
            data={["off", "on"]}
            value={normal}
            onChange={(event) => setNormal(event.currentTarget.value)}
          />
        ) : (
          <TextInput
            label="Normally"
            description="Its value when nothing is wrong."
            value={normal}
            error={
              normal !== "" && nextRange !== null && value === null
                ? "is not a value that it takes"
                : undefined
            }
            onChange={(event) => setNormal(event.currentTarget.value)}
          />
        )}
        <TextInput
          label="What it does"
          maxLength={500}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <NativeSelect
          label="Leaving normal is"
          data={[
            { value: "safe", label: "Done at once" },
            { value: "dangerous", label: "Dangerous: the service's name is typed" },
          ]}
          value={dangerous ? "dangerous" : "safe"}
          onChange={(event) => setDangerous(event.currentTarget.value === "dangerous")}
        />
        <NativeSelect
          label="Needs a second person"
          data={[...second]}
          value={twoPerson}
          onChange={(event) => setTwoPerson(event.currentTarget.value as ControlDraft["twoPerson"])}
        />
        <FormEnd
          close={close}
          loading={define.isPending}
          disabled={value === null || !isNamed}
          aside={
            remove === undefined || isStandard ? undefined : (
              <Button variant="subtle" onClick={remove}>
                Remove it
              </Button>
            )
          }
        >
          Save
        </FormEnd>
      </form>
    </Dialog>
  );
}
