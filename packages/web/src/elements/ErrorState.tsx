import { Button } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/call.ts";
import { CopyButton } from "./CopyButton.tsx";
import styles from "./ErrorState.module.css";

interface ErrorStateProps {
  readonly error: Error;
  readonly retry?: () => void;
  readonly action?: ReactNode;
}

/** Says what went wrong, what to do, and the id to quote. */
export function ErrorState({ error, retry, action }: ErrorStateProps) {
  const known = error instanceof ApiError ? error : null;
  return (
    <section className={styles.error} role="alert">
      <IconPlugConnectedX size={20} stroke={1.6} aria-hidden className={styles.icon} />
      <div>
        <h2 className={styles.title}>{known?.title ?? "This did not work"}</h2>
        <p className={styles.detail}>{error.message}</p>
        {known?.reference ? (
          <p className={styles.reference}>
            Reference <code>{known.reference}</code>
            <CopyButton text={known.reference} label="Copy the reference" />
          </p>
        ) : null}
        {retry === undefined && action === undefined ? null : (
          <div className={styles.actions}>
            {retry === undefined ? null : (
              <Button variant="default" onClick={retry}>
                Try again
              </Button>
            )}
            {action}
          </div>
        )}
      </div>
    </section>
  );
}
