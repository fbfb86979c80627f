import type { ApiToken } from "@seaworthy/contract";
import { ConfirmTyped } from "../../elements/ConfirmTyped.tsx";
import { useRevokeToken } from "./queries.ts";

interface RevokeTokenProps {
  readonly token: ApiToken;
  readonly close: () => void;
}

/** Revoking cannot be undone. */
export function RevokeToken({ token, close }: RevokeTokenProps) {
  const revoke = useRevokeToken();
  return (
    <ConfirmTyped
      title={`Revoke ${token.name}`}
      name={token.name}
      action="Revoke"
      isPending={revoke.isPending}
      confirm={() => revoke.mutate({ id: token.id, name: token.name }, { onSuccess: close })}
      close={close}
    >
      <p>Programs that use it are refused at once. This cannot be undone.</p>
    </ConfirmTyped>
  );
}
