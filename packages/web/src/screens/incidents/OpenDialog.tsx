import type { IncidentSeverity } from "@seaworthy/contract";
import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { paths } from "../../app/paths.ts";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import { useOpen } from "./queries.ts";
import { severities, severityOf } from "./severities.ts";
import styles from "./Work.module.css";

/** Opens an incident that no alert has seen. */
export function OpenDialog({ close }: { readonly close: () => void }) {
  const navigate = useNavigate();
  const open = useOpen();
  // One key for as long as the form is open: a second press opens nothing twice.
  const [key] = useState(() => crypto.randomUUID());
  const [title, setTitle] = useState("");
  const [severity, setSeverity] = useState<IncidentSeverity>("P2");
  const [service, setService] = useState("");
  const [comment, setComment] = useState("");
  return (
    <Dialog title="Open an incident" close={close}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          open.mutate(
            {
              key,
              title: title.trim(),
              severity,
              service: service.trim() === "" ? null : service.trim(),
              ...(comment.trim() === "" ? {} : { comment: comment.trim() }),
            },
            {
              onSuccess: (incident) => {
                close();
                void navigate(paths.incident(incident.number));
              },
            },
          );
        }}
      >
        {open.error === null ? null : <FormError error={open.error} />}
        <TextInput
          label="What is wrong?"
          placeholder="Customers cannot pay"
          data-autofocus
          required
          withAsterisk={false}
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <div className={styles.pair}>
          <NativeSelect
            label="How bad is it?"
            value={severity}
            onChange={(event) => setSeverity(severityOf(event.currentTarget.value))}
            data={[...severities]}
          />
          <TextInput
            label="Service"
            placeholder="if you know it"
            maxLength={200}
            value={service}
            onChange={(event) => setService(event.currentTarget.value)}
          />
        </div>
        <Textarea
          label="What do you see?"
          autosize
          minRows={2}
          maxRows={8}
          maxLength={20_000}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        <FormEnd close={close} loading={open.isPending} disabled={title.trim() === ""}>
          Open incident
        </FormEnd>
      </form>
    </Dialog>
  );
}
