import type { Schedule, User } from "@seaworthy/contract";
import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { instantToMinute } from "../../time/time-field.ts";
import { SpanFields, spanOf } from "../../time/SpanFields.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./OnCall.module.css";
import { useAddOverrides } from "./queries.ts";

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
  const [span, setSpan] = useState({
    from: instantToMinute(opened),
    to: instantToMinute(opened + 8 * hour),
  });
  const add = useAddOverrides();
  const chosen = spanOf(span);
  return (
    <Dialog title={`Override ${schedule.name}`} close={close}>
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen === null) return;
          add.mutate(
            { params: { id: schedule.id }, body: { overrides: [{ personId, ...chosen }] } },
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
          <SpanFields span={span} change={setSpan} />
        </div>
        <p className={styles.muted}>Times of this device. It takes precedence over all layers.</p>
        <FormEnd
          close={close}
          loading={add.isPending}
          disabled={chosen === null || personId === ""}
        >
          Take over
        </FormEnd>
      </form>
    </Dialog>
  );
}
