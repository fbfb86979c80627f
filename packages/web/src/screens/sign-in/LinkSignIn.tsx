import { signInByLink, type User } from "@seaworthy/contract";
import { Button, Skeleton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { call } from "../../api/call.ts";
import { FormError } from "./FormError.tsx";
import styles from "./SignIn.module.css";

interface LinkSignInProps {
  readonly token: string;
  readonly done: (user: User) => void;
  readonly giveUp: () => void;
}

/** Signs in with a one-time link, by itself; what went wrong can be tried again. */
export function LinkSignIn({ token, done, giveUp }: LinkSignInProps) {
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => call(signInByLink, { body: { token } }),
    onSuccess: ({ user }) => done(user),
  });
  const asked = useRef(false);
  useEffect(() => {
    // Once: the second of two requests would find the link used up.
    if (asked.current) return;
    asked.current = true;
    mutate();
  }, [mutate]);
  if (error === null)
    return (
      <div className={styles.form} aria-busy="true">
        <h1 className={styles.title}>Signing you in…</h1>
        <Skeleton height={42} radius={6} />
      </div>
    );
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        mutate();
      }}
    >
      <h1 className={styles.title}>The link did not open</h1>
      <FormError error={error} />
      <p className={styles.text}>
        A link works once and for a while only. The server prints a new one when it starts.
      </p>
      <Button type="submit" size="md" loading={isPending}>
        Try again
      </Button>
      <Button variant="default" size="md" onClick={giveUp}>
        Use a password instead
      </Button>
    </form>
  );
}
