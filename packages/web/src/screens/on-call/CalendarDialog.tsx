import type { Schedule } from "@seaworthy/contract";
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { Command } from "../../elements/Command.tsx";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./OnCall.module.css";
import { useLinkCalendar } from "./queries.ts";

interface CalendarDialogProps {
  readonly schedule: Schedule;
  readonly close: () => void;
}

/** Makes an address that calendars subscribe to. */
export function CalendarDialog({ schedule, close }: CalendarDialogProps) {
  const me = useUser();
  const [whose, setWhose] = useState<"me" | "all">("me");
  const link = useLinkCalendar();
  const made = link.data;
  return (
    <Dialog
      title={`${schedule.name} in your calendar`}
      close={close}
      closeOnClickOutside={made === undefined}
    >
      <div className={styles.dialog}>
        {link.error === null ? null : <FormError error={link.error} />}
        {made === undefined ? (
          <>
            <NativeSelect
              label="Which duties"
              data={[
                { value: "me", label: "Mine" },
                { value: "all", label: "Everybody's" },
              ]}
              value={whose}
              onChange={(event) => setWhose(event.currentTarget.value === "all" ? "all" : "me")}
            />
            <div className={styles.end}>
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button
                loading={link.isPending}
                onClick={() =>
                  link.mutate({
                    params: { id: schedule.id },
                    body: { personId: whose === "me" ? (me?.id ?? null) : null },
                  })
                }
              >
                Make an address
              </Button>
            </div>
          </>
        ) : (
          <>
            <p>
              Subscribe to this address in your calendar. Whoever has it can read the duties; it is
              shown this once.
            </p>
            <Command text={made.url} label="Calendar" />
            <div className={styles.end}>
              <Button onClick={close}>I have copied it</Button>
            </div>
          </>
        )}
      </div>
    </Dialog>
  );
}
