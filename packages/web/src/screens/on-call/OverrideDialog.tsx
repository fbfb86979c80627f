import type { Schedule, User } from "@seaworthy/contract";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./OnCall.module.css";
import { useAddOverrides } from "./queries.ts";
import { localField } from "./span.ts";

const hour = 3_600_000;

interface OverrideDialogProps {
  readonly schedule: Schedule;
  readonly people: readonly User[];
  readonly close: () => void;
}

/** Somebody takes the duty over for a while; oneself, unless another is chosen. */
export function OverrideDialog({ schedule, people, close }: OverrideDialogProps) {
  const me = useUser();
  const [opened] = useState(() => Math.floor(Date.now() / hour) * hour);
  const [personId, setPersonId] = useState(me?.id ?? people[0]?.id ?? "");
  const [from, setFrom] = useState(localField(opened));
  const [to, setTo] = useState(localField(opened + 8 * hour));
  const add = useAddOverrides();
  const isBackwards = from !== "" && to !== "" && from >= to;
  return (
    <Dialog title={`Override ${schedule.name}`} close={close}>
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          const override = {
            personId,
            from: new Date(from).toISOString(),
            to: new Date(to).toISOString(),
          };
          add.mutate(
            { params: { id: schedule.id }, body: { overrides: [override] } },
            { onSuccess: close },
          );
        }}
      >
        {add.error === null ? null : <FormError error={add.error} />}
        <NativeSelect
          label="Who takes over"
          data-autofocus
          data={people.map(({ id, name }) => ({ value: id, label: name }))}
          value={personId}
          onChange={(event) => setPersonId(event.currentTarget.value)}
        />
        <div className={styles.fields}>
          <TextInput
            type="datetime-local"
            label="From"
            required
            withAsterisk={false}
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label="Until"
            required
            withAsterisk={false}
            value={to}
            error={isBackwards ? "must be later" : undefined}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
        </div>
        <p className={styles.muted}>Times of this device. It takes precedence over all layers.</p>
        <div className={styles.end}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={add.isPending}
            disabled={isBackwards || from === "" || to === "" || personId === ""}
          >
            Take over
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
