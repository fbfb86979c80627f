import { Button } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import table from "../../elements/table.module.css";
import { personName } from "../incidents/owner.ts";
import { auditQuery } from "./queries.ts";
import styles from "./Settings.module.css";

/** Who changed what, newest first. */
export function AuditLog() {
  const query = useInfiniteQuery(auditQuery);
  if (query.data === undefined)
    return query.error === null ? (
      <RowsSkeleton rows={8} />
    ) : (
      <ErrorState error={query.error} retry={() => void query.refetch()} />
    );
  const entries = query.data.pages.flatMap((page) => page.entries);
  if (entries.length === 0)
    return (
      <EmptyState title="Nothing was changed yet" icon={<IconHistory size={32} stroke={1.3} />}>
        <p>Every change by a person or a program is written down here.</p>
      </EmptyState>
    );
  return (
    <>
      <div className={table.scroll} tabIndex={0} role="region" aria-label="Audit log">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">What</th>
              <th scope="col">On</th>
              <th scope="col">Detail</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={entry.id}>
                <td className={table.muted}>
                  <Ago at={entry.at} />
                </td>
                <td>{personName(entry.actor)}</td>
                <td>{entry.action}</td>
                <td>{entry.subject}</td>
                <td className={styles.detail}>
                  {Object.entries(entry.detail)
                    .map(
                      ([name, value]) =>
                        `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
                    )
                    .join(" ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {query.hasNextPage ? (
        <div className={styles.more}>
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show older entries
          </Button>
        </div>
      ) : null}
    </>
  );
}
