import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./FormEnd.module.css";

interface FormEndProps {
  readonly close: () => void;
  /** What the form does, as a verb. */
  readonly children: ReactNode;
  readonly loading: boolean;
  readonly disabled?: boolean;
  /** The fields are filled already: the form is sent with the first key. */
  readonly autoFocus?: boolean;
  /** What else can be done, away from the two. */
  readonly aside?: ReactNode | undefined;
}

/** The end of a dialog's form: the way out, and what the form does. */
export function FormEnd({
  close,
  children,
  loading,
  disabled = false,
  autoFocus = false,
  aside,
}: FormEndProps) {
  return (
    <div className={styles.end}>
      {aside === undefined ? null : <div className={styles.aside}>{aside}</div>}
      <Button variant="default" onClick={close}>
        Cancel
      </Button>
      <Button
        type="submit"
        loading={loading}
        disabled={disabled}
        {...(autoFocus ? { "data-autofocus": true } : {})}
      >
        {children}
      </Button>
    </div>
  );
}
