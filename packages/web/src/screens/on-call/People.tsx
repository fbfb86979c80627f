import type { User } from "@seaworthy/contract";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Command } from "../../elements/Command.tsx";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./OnCall.module.css";
import { peopleQuery, useInvite } from "./queries.ts";

const roles: readonly { readonly value: User["role"]; readonly label: string }[] = [
  { value: "member", label: "Member: sees and changes" },
  { value: "admin", label: "Admin: also people and tokens" },
  { value: "viewer", label: "Viewer: sees" },
];

/** Everybody who can sign in, and the way for new ones. */
export function People() {
  const { data, error, refetch } = useQuery(peopleQuery);
  const [invited, setInvited] = useState<Partial<User> | null>(null);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={5} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  return (
    <>
      <div className={styles.bar}>
        <Button
          leftSection={<IconPlus size={16} stroke={1.7} aria-hidden />}
          onClick={() => setInvited({})}
        >
          Add a person
        </Button>
      </div>
      <ul className={styles.list} aria-label="People">
        {data.people.map((person) => (
          <li key={person.id} className={styles.item}>
            <span className={styles.what}>
              <span className={styles.strong}>{person.name}</span>
              <span className={styles.muted}>
                {person.email} · {person.role}
                {person.hasPassword ? "" : " · has set no password yet"}
              </span>
            </span>
            {person.hasPassword ? null : (
              <Button
                size="xs"
                variant="default"
                aria-label={`New link for ${person.name}`}
                onClick={() => setInvited(person)}
              >
                New link
              </Button>
            )}
          </li>
        ))}
      </ul>
      {invited === null ? null : <Invite person={invited} close={() => setInvited(null)} />}
    </>
  );
}

interface InviteProps {
  /** Somebody who gets a new link; empty for somebody new. */
  readonly person: Partial<User>;
  readonly close: () => void;
}

function Invite({ person, close }: InviteProps) {
  const [name, setName] = useState(person.name ?? "");
  const [email, setEmail] = useState(person.email ?? "");
  const [role, setRole] = useState<User["role"]>(person.role ?? "member");
  const invite = useInvite();
  const made = invite.data;
  return (
    <Dialog
      title={made === undefined ? "Add a person" : `A link for ${made.person.name}`}
      close={close}
      closeOnClickOutside={made === undefined}
    >
      {made === undefined ? (
        <form
          className={styles.dialog}
          onSubmit={(event) => {
            event.preventDefault();
            invite.mutate({ body: { name: name.trim(), email: email.trim(), role } });
          }}
        >
          {invite.error === null ? null : <FormError error={invite.error} />}
          <TextInput
            label="Name"
            required
            withAsterisk={false}
            maxLength={100}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="E-mail"
            type="email"
            required
            withAsterisk={false}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <NativeSelect
            label="Role"
            data={[...roles]}
            value={role}
            onChange={(event) => setRole(event.currentTarget.value as User["role"])}
          />
          <FormEnd close={close} loading={invite.isPending} disabled={name.trim() === ""}>
            Make a sign-in link
          </FormEnd>
        </form>
      ) : (
        <div className={styles.dialog}>
          <p>
            Send {made.person.name} this link. It works once, for seven days, and is shown this
            once.
          </p>
          <Command text={made.signInLink} label="Link" />
          <div className={styles.end}>
            <Button onClick={close}>I have copied it</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
