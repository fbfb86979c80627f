import { TextInput } from "@mantine/core";
import { useId } from "react";

interface ZoneFieldProps {
  readonly label: string;
  readonly value: string;
  readonly change: (zone: string) => void;
}

const zones = Intl.supportedValuesOf("timeZone");

/** A time zone by its name, with those that the browser knows to choose from. */
export function ZoneField({ label, value, change }: ZoneFieldProps) {
  const list = useId();
  return (
    <>
      <TextInput
        label={label}
        list={list}
        required
        withAsterisk={false}
        value={value}
        onChange={(event) => change(event.currentTarget.value)}
      />
      <datalist id={list}>
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
