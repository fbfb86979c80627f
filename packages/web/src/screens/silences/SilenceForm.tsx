import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Matcher } from "../../api/alertmanager.ts";
import { useUser } from "../../api/session.ts";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { fieldToInstant } from "../../time/time-field.ts";
import { count } from "../../values/quantity.ts";
import { alertsQuery } from "../alerts/queries.ts";
import { FormError } from "../sign-in/FormError.tsx";
import { fitsAll, formatMatcher, readMatchers, type Reading } from "./matchers.ts";
import { useCreateSilence } from "./queries.ts";
import styles from "./Silences.module.css";

const hour = 3_600_000;
/** In place of a length: the end stands in a field of its own. */
const UNTIL = "until";
const lengths = [
  { value: String(hour), label: "1 hour" },
  { value: String(2 * hour), label: "2 hours" },
  { value: String(8 * hour), label: "8 hours" },
  { value: String(24 * hour), label: "1 day" },
  { value: String(7 * 24 * hour), label: "1 week" },
  { value: UNTIL, label: "Until a time…" },
];

interface SilenceFormProps {
  readonly matchers: readonly Matcher[];
  readonly reason?: string;
  readonly close: () => void;
}

/** What to silence, for how long and why; shows which of the present alerts it would hide. */
export function SilenceForm({ matchers, reason: given = "", close }: SilenceFormProps) {
  const [text, setText] = useState(matchers.map(formatMatcher).join("\n"));
  const [length, setLength] = useState(String(2 * hour));
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState(given);
  const user = useUser();
  const create = useCreateSilence();
  const reading = readMatchers(text);
  // Texts of such fields are in the order of their times.
  const isBackwards = length === UNTIL && from !== "" && until !== "" && from >= until;
  const begin = () => {
    if (!("matchers" in reading)) return;
    const startsAt = fieldToInstant(from, "local") ?? Date.now();
    const end = length === UNTIL ? fieldToInstant(until, "local") : startsAt + Number(length);
    if (end === null) return;
    create.mutate(
      {
        matchers: reading.matchers,
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(end).toISOString(),
        createdBy: user?.email ?? "",
        comment: reason.trim(),
      },
      { onSuccess: close },
    );
  };
  return (
    <Dialog title="Silence alerts" close={close}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        {create.error === null ? null : <FormError error={create.error} />}
        <Textarea
          label="Alerts with all of these labels"
          autosize
          minRows={2}
          maxRows={10}
          spellCheck={false}
          classNames={{ input: styles.matchers ?? "" }}
          placeholder={'service="shop"'}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={
            "problem" in reading && text.trim() !== ""
              ? `Line ${reading.line}: ${reading.problem}`
              : null
          }
        />
        <Preview reading={reading} />
        <div className={styles.times}>
          <NativeSelect
            label="For"
            data={lengths}
            value={length}
            onChange={(event) => setLength(event.currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label="From, if not now"
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          {length === UNTIL ? (
            <TextInput
              type="datetime-local"
              label="Until"
              required
              withAsterisk={false}
              value={until}
              error={isBackwards ? "must be later" : undefined}
              onChange={(event) => setUntil(event.currentTarget.value)}
            />
          ) : null}
        </div>
        <TextInput
          label="Why"
          required
          withAsterisk={false}
          maxLength={1000}
          placeholder="The database is being moved"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <FormEnd
          close={close}
          autoFocus
          loading={create.isPending}
          disabled={"problem" in reading || reason.trim() === "" || isBackwards}
        >
          Silence
        </FormEnd>
      </form>
    </Dialog>
  );
}

function Preview({ reading }: { readonly reading: Reading }) {
  const { data } = useQuery(alertsQuery);
  if (data === undefined || !("matchers" in reading)) return null;
  const hidden = data.alerts.filter(({ labels }) => fitsAll(reading.matchers, labels));
  const names = [...new Set(hidden.map(({ name }) => name))].join(", ");
  return (
    <p className={styles.preview} role="status">
      {hidden.length === 0
        ? "None of the present alerts has these labels; later ones will be silent."
        : `Hides ${count(hidden.length, "present alert")}: ${names}`}
    </p>
  );
}
