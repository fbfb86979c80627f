import { Button, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import styles from "./ConfirmTyped.module.css";
import { Dialog } from "./Dialog.tsx";

interface ConfirmTypedProps {
  readonly title: string;
  /** What is typed. */
  readonly name: string;
  /** The verb, e.g. `Revoke`. */
  readonly action: string;
  readonly isPending: boolean;
  readonly confirm: () => void;
  readonly close: () => void;
  /** What will have happened. */
  readonly children: ReactNode;
}

/** Asks before what cannot be undone: the thing's name is typed. */
export function ConfirmTyped(props: ConfirmTypedProps) {
  const { title, name, action, isPending, confirm, close, children } = props;
  const [typed, setTyped] = useState("");
  return (
    <Dialog title={title} close={close}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          // React sends it on to a form that the dialog was opened from.
          event.stopPropagation();
          if (typed === name) confirm();
        }}
      >
        {children}
        <TextInput
          label={`Type ${name} to ${action.toLowerCase()} it`}
          autoComplete="off"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <div className={styles.actions}>
          <Button variant="default" onClick={close}>
            Keep it
          </Button>
          <Button type="submit" disabled={typed !== name} loading={isPending}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
