import type { Control } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Ago } from "../../elements/Ago.tsx";
import { Dialog } from "../../elements/Dialog.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatDayAndTime } from "../../values/instant.ts";
import styles from "./Controls.module.css";
import { historyQuery } from "./queries.ts";
import { changeWords } from "./words.ts";

/** What was done with a control, newest first. */
export function History({
  control: { service, environment, name },
  close,
}: {
  readonly control: Control;
  readonly close: () => void;
}) {
  const { zone } = useTimeRange();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    historyQuery({ service, environment, name }),
  );
  const changes = data?.pages.flatMap((page) => page.changes);
  return (
    <Dialog title={`History of ${name} of ${service}`} close={close}>
      {changes === undefined ? (
        error === null ? (
          <RowsSkeleton rows={3} height={48} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )
      ) : changes.length === 0 ? (
        <p>It was never changed in {environment}.</p>
      ) : (
        <ol className={styles.list} aria-label="Changes">
          {changes.map((change) => (
            <li key={change.revision} className={styles.past}>
              <span>
                <strong>{changeWords(change)}</strong>
                {change.until === null
                  ? ""
                  : ` until ${formatDayAndTime(Date.parse(change.until), zone)}`}
                {change.reason === "" ? "" : `: ${change.reason}`}
              </span>
              <span className={styles.muted}>
                {change.by}
                {change.approvedBy === null ? "" : `, approved by ${change.approvedBy}`},{" "}
                <Ago at={change.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
      {hasNextPage ? (
        <Button
          mt="md"
          variant="default"
          loading={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          Show earlier
        </Button>
      ) : null}
    </Dialog>
  );
}
