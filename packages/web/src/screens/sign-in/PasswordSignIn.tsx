import { signIn, type User } from "@seaworthy/contract";
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/call.ts";
import { FormError } from "./FormError.tsx";
import styles from "./SignIn.module.css";

export function PasswordSignIn({ done }: { readonly done: (user: User) => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const enter = useMutation({
    mutationFn: () => call(signIn, { body: { email, password } }),
    onSuccess: ({ user }) => done(user),
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      <h1 className={styles.title}>Sign in</h1>
      {enter.error === null ? null : <FormError error={enter.error} />}
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
        name="password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        size="md"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" size="md" loading={enter.isPending}>
        Sign in
      </Button>
      <p className={styles.help}>
        First time here, or locked out? Start the server and open the sign-in link that it prints.
      </p>
    </form>
  );
}
