import { setAccount, type User } from "@seaworthy/contract";
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/call.ts";
import { FormError } from "./FormError.tsx";
import styles from "./SignIn.module.css";

/** The shortest password that the server takes. */
export const shortestPassword = 10;

interface ChoosePasswordProps {
  readonly user: User;
  readonly done: (user: User) => void;
}

/** After a one-time link: how to come in the next time. Can be left for later. */
export function ChoosePassword({ user, done }: ChoosePasswordProps) {
  const [email, setEmail] = useState(user.email);
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: () =>
      call(setAccount, { body: { password, ...(email === user.email ? {} : { email }) } }),
    onSuccess: (answer) => done(answer.user),
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <h1 className={styles.title}>Choose a password</h1>
      <p className={styles.text}>The link is used up. With a password you can sign in again.</p>
      {save.error === null ? null : <FormError error={save.error} />}
      <TextInput
        label="E-mail"
        type="email"
        name="email"
        autoComplete="username"
        required
        withAsterisk={false}
        size="md"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        description={`At least ${shortestPassword} characters; a few words work well.`}
        name="new-password"
        autoComplete="new-password"
        minLength={shortestPassword}
        required
        withAsterisk={false}
        size="md"
        autoFocus
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" size="md" loading={save.isPending}>
        Save and continue
      </Button>
      <Button variant="subtle" size="md" onClick={() => done(user)}>
        Skip for now
      </Button>
    </form>
  );
}
