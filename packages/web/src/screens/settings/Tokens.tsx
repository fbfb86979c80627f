import type { ApiToken } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import table from "../../elements/table.module.css";
import { NewToken } from "./NewToken.tsx";
import { tokensQuery } from "./queries.ts";
import { RevokeToken } from "./RevokeToken.tsx";
import styles from "./Settings.module.css";
import { scopeMeanings } from "./token-scopes.ts";

/** The keys of programs: what they open, when they were last used, and an end to them. */
export function Tokens() {
  const { data, error, refetch } = useQuery(tokensQuery);
  const [isMaking, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<ApiToken | null>(null);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={5} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Create a token
    </Button>
  );
  return (
    <>
      {data.tokens.length === 0 ? (
        <EmptyState title="No tokens yet" icon={<IconKey size={32} stroke={1.3} />}>
          <p>A program that sends telemetry or asks questions proves itself with a token.</p>
          {create}
        </EmptyState>
      ) : (
        <>
          <div className={styles.bar}>
            <p className={styles.text}>
              Programs prove themselves with these. A secret is shown once.
            </p>
            {create}
          </div>
          <div className={table.scroll}>
            <table className={`${table.table} ${styles.tokens}`}>
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Opens</th>
                  <th scope="col">Made</th>
                  <th scope="col">Last used</th>
                  <th scope="col">Expires</th>
                  <th scope="col">
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.tokens.map((token) => (
                  <tr key={token.id}>
                    <td>{token.name}</td>
                    <td title={scopeMeanings[token.scope]}>{token.scope}</td>
                    <td className={table.muted}>
                      <Ago at={token.createdAt} />
                    </td>
                    <td className={table.muted}>
                      {token.lastUsedAt === null ? "never" : <Ago at={token.lastUsedAt} />}
                    </td>
                    <td className={table.muted}>
                      {token.expiresAt === null ? "never" : <Ago at={token.expiresAt} />}
                    </td>
                    <td className={table.number}>
                      <Button
                        variant="subtle"
                        size="compact-sm"
                        onClick={() => setRevoked(token)}
                        aria-label={`Revoke ${token.name}`}
                      >
                        Revoke
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {isMaking ? <NewToken close={() => setMaking(false)} /> : null}
      {revoked === null ? null : <RevokeToken token={revoked} close={() => setRevoked(null)} />}
    </>
  );
}
