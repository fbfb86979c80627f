import type { User } from "@seaworthy/contract";
import {
  Button,
  PasswordInput,
  SegmentedControl,
  TextInput,
  useMantineColorScheme,
} from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { FormError } from "../sign-in/FormError.tsx";
import { shortestPassword } from "../sign-in/ChoosePassword.tsx";
import styles from "./Settings.module.css";
import { useSetAccount } from "./queries.ts";

/** Name, address, password, and how things look on this device. */
export function Account() {
  const user = useUser();
  if (user === null) return null;
  return (
    <div className={styles.forms}>
      <Identity user={user} />
      <Password user={user} />
      <ThisDevice />
    </div>
  );
}

function Identity({ user }: { readonly user: User }) {
  const [name, setName] = useState(user.name);
  const [email, setEmail] = useState(user.email);
  const save = useSetAccount();
  const isSame = name === user.name && email === user.email;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ name, email });
      }}
    >
      <h2 className={styles.heading}>You</h2>
      {save.error === null ? null : <FormError error={save.error} />}
      <TextInput
        label="Name"
        autoComplete="name"
        required
        withAsterisk={false}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="email"
        required
        withAsterisk={false}
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <div>
        <Button type="submit" variant="default" disabled={isSame} loading={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

function Password({ user }: { readonly user: User }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const save = useSetAccount();
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(
          { password: next, ...(user.hasPassword ? { currentPassword: current } : {}) },
          {
            onSuccess: () => {
              setCurrent("");
              setNext("");
            },
          },
        );
      }}
    >
      <h2 className={styles.heading}>
        {user.hasPassword ? "Change the password" : "Choose a password"}
      </h2>
      {user.hasPassword ? null : (
        <p className={styles.text}>
          You came by a sign-in link. Without a password you need a new link each time.
        </p>
      )}
      {save.error === null ? null : <FormError error={save.error} />}
      <input type="hidden" autoComplete="username" value={user.email} readOnly />
      {user.hasPassword ? (
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
      ) : null}
      <PasswordInput
        label="New password"
        description={`At least ${shortestPassword} characters; a few words work well.`}
        autoComplete="new-password"
        minLength={shortestPassword}
        required
        withAsterisk={false}
        value={next}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
      <div>
        <Button type="submit" variant="default" disabled={next === ""} loading={save.isPending}>
          Save the password
        </Button>
      </div>
    </form>
  );
}

function ThisDevice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { zone, setZone } = useTimeRange();
  return (
    <section className={styles.form} aria-label="This device">
      <h2 className={styles.heading}>This device</h2>
      <div className={styles.choice}>
        <span id="theme">Theme</span>
        <SegmentedControl
          aria-labelledby="theme"
          data={[
            { value: "auto", label: "Auto" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
          value={colorScheme}
          onChange={(value) => setColorScheme(value)}
        />
      </div>
      <div className={styles.choice}>
        <span id="zone">Times in</span>
        <SegmentedControl
          aria-labelledby="zone"
          data={[
            { value: "local", label: "Local time" },
            { value: "utc", label: "UTC" },
          ]}
          value={zone}
          onChange={(value) => setZone(value === "utc" ? "utc" : "local")}
        />
      </div>
    </section>
  );
}
