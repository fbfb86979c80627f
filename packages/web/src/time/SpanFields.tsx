import { TextInput } from "@mantine/core";
import { fieldToInstant } from "./time-field.ts";

/** A beginning and an end as `datetime-local` fields have them, in this device's zone. */
interface FieldSpan {
  readonly from: string;
  readonly to: string;
}

/** The span that two fields mean, or null while one of them is empty or they are the wrong way round. */
export function spanOf({ from, to }: FieldSpan): { from: string; to: string } | null {
  const start = fieldToInstant(from, "local");
  const end = fieldToInstant(to, "local");
  if (start === null || end === null || start >= end) return null;
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}

/** From when until when something holds: two fields, and a word at the second when it is before the first. */
export function SpanFields({
  span,
  change,
}: {
  readonly span: FieldSpan;
  readonly change: (span: FieldSpan) => void;
}) {
  const isBackwards = span.from !== "" && span.to !== "" && spanOf(span) === null;
  return (
    <>
      <TextInput
        type="datetime-local"
        label="From"
        required
        withAsterisk={false}
        value={span.from}
        onChange={(event) => change({ ...span, from: event.currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label="Until"
        required
        withAsterisk={false}
        value={span.to}
        error={isBackwards ? "must be later" : undefined}
        onChange={(event) => change({ ...span, to: event.currentTarget.value })}
      />
    </>
  );
}
