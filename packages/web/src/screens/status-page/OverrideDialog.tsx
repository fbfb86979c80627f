import type { ComponentState, StatusComponent } from "@seaworthy/contract";
import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import onCall from "../on-call/OnCall.module.css";
import { FormError } from "../sign-in/FormError.tsx";
import { useOverride } from "./queries.ts";
import { COMPONENT_STATES } from "./words.ts";

/** A person's word on a component, with its reason and its end. */
export function OverrideDialog({
  component,
  close,
}: {
  readonly component: StatusComponent;
  readonly close: () => void;
}) {
  const [state, setState] = useState<ComponentState>(component.state);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const override = useOverride();
  return (
    <Dialog title={`Set the state of ${component.name}`} close={close}>
      <form
        className={onCall.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          const end = until === "" ? null : new Date(until).toISOString();
          override.mutate(
            { params: { id: component.id }, body: { state, reason: reason.trim(), until: end } },
            { onSuccess: close },
          );
        }}
      >
        {override.error === null ? null : <FormError error={override.error} />}
        <NativeSelect
          label="State"
          data-autofocus
          data={[...COMPONENT_STATES]}
          value={state}
          onChange={(event) => setState(event.currentTarget.value as ComponentState)}
        />
        <TextInput
          label="Reason"
          description="Visitors see it"
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label="Until"
          description="Time of this device; leave it empty to end it by hand"
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
        <FormEnd close={close} loading={override.isPending}>
          Set
        </FormEnd>
      </form>
    </Dialog>
  );
}
