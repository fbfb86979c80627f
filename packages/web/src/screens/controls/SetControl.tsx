import type { Control } from "@seaworthy/contract";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { Ago } from "../../elements/Ago.tsx";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./Controls.module.css";
import { useSet } from "./queries.ts";
import { needsSecond, offered, readValue, valueWords } from "./words.ts";

const minute = 60;
const hour = 60 * minute;
const lasting = [
  { value: "", label: "Until it is changed again" },
  { value: String(15 * minute), label: "15 minutes, then back" },
  { value: String(30 * minute), label: "30 minutes, then back" },
  { value: String(hour), label: "1 hour, then back" },
  { value: String(4 * hour), label: "4 hours, then back" },
  { value: String(24 * hour), label: "1 day, then back" },
  { value: String(7 * 24 * hour), label: "7 days, then back" },
];

/** Changes a control, with the reason; what is dangerous asks for the service's name. */
export function SetControl({
  control,
  close,
}: {
  readonly control: Control;
  readonly close: () => void;
}) {
  const { service, environment, name, range } = control;
  // The change is made on what its maker has seen; when it moves on, they look again.
  const [seen, setSeen] = useState(control.revision);
  const [text, setText] = useState(() => offered(control));
  const [reason, setReason] = useState("");
  const [lasts, setLasts] = useState("");
  const [typed, setTyped] = useState("");
  const set = useSet();
  const value = readValue(range, text);
  const isDangerous = control.dangerous && value !== null && value !== control.normal;
  const asks = needsSecond(control, value);
  const isReady =
    value !== null &&
    reason.trim().length >= 3 &&
    (!isDangerous || typed === service) &&
    seen === control.revision;
  const send = () => {
    if (value === null) return;
    set.mutate(
      {
        params: { service, environment, name },
        body: {
          value,
          reason: reason.trim(),
          revision: seen,
          ...(lasts === "" ? {} : { lastsSeconds: Number(lasts) }),
          ...(isDangerous ? { confirm: typed } : {}),
        },
      },
      { onSuccess: close },
    );
  };
  return (
    <Dialog title={`Change ${name} of ${service}`} close={close}>
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) send();
        }}
      >
        {set.error === null ? null : <FormError error={set.error} />}
        {seen === control.revision ? null : (
          <div className={styles.notice} role="alert">
            <p>
              <strong>Somebody was faster.</strong> {control.changedBy} has set it to{" "}
              {valueWords(control.value)} <Ago at={control.changedAt} />
              {control.reason === "" ? "" : `: ${control.reason}`}. Nothing of yours was done.
            </p>
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                setSeen(control.revision);
                set.reset();
              }}
            >
              Go on from there
            </Button>
          </div>
        )}
        <p className={styles.muted}>
          In {environment}. It is {valueWords(control.value)}, normally {valueWords(control.normal)}
          . {control.description}
        </p>
        {range.kind === "number" ? (
          <TextInput
            type="number"
            step="any"
            label={`Set it to (${range.min} to ${range.max})`}
            data-autofocus
            value={text}
            error={
              value === null ? `must be a number from ${range.min} to ${range.max}` : undefined
            }
            onChange={(event) => setText(event.currentTarget.value)}
          />
        ) : (
          <NativeSelect
            label="Set it to"
            data-autofocus
            data={range.kind === "boolean" ? ["on", "off"] : [...range.options]}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        <TextInput
          label="Reason"
          description="Stands in the history, the audit log and the timelines of open incidents."
          required
          withAsterisk={false}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <NativeSelect
          label="For how long"
          data={lasting}
          value={lasts}
          onChange={(event) => setLasts(event.currentTarget.value)}
        />
        {isDangerous ? (
          <TextInput
            label={`Type ${service} to confirm`}
            description="This takes something away from its users."
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        ) : null}
        {asks ? (
          <p className={styles.muted}>
            It waits for half an hour until a second person approves it on this page.
          </p>
        ) : null}
        <FormEnd close={close} loading={set.isPending} disabled={!isReady}>
          {asks ? "Ask for it" : `Set to ${value === null ? "…" : valueWords(value)}`}
        </FormEnd>
      </form>
    </Dialog>
  );
}
