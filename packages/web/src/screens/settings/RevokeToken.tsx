import type { ApiToken } from "@seaworthy/contract";
import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../../elements/Dialog.tsx";
import { useRevokeToken } from "./queries.ts";
import styles from "./Settings.module.css";

interface RevokeTokenProps {
  readonly token: ApiToken;
  readonly close: () => void;
}

/** Revoking cannot be undone: the token's name is typed. */
export function RevokeToken({ token, close }: RevokeTokenProps) {
  const [typed, setTyped] = useState("");
  const revoke = useRevokeToken();
  return (
    <Dialog title={`Revoke ${token.name}`} close={close}>
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === token.name)
            revoke.mutate({ id: token.id, name: token.name }, { onSuccess: close });
        }}
      >
        <p>Programs that use it are refused at once. This cannot be undone.</p>
        <TextInput
          label={`Type ${token.name} to revoke it`}
          autoComplete="off"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <div className={styles.dialogActions}>
          <Button variant="default" onClick={close}>
            Keep it
          </Button>
          <Button type="submit" disabled={typed !== token.name} loading={revoke.isPending}>
            Revoke
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
