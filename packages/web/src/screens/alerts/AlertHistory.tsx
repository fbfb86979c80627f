import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Ago } from "../../elements/Ago.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { useNow } from "../../time/use-now.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatAge, formatDayMonth } from "../../values/instant.ts";
import { stripOf, sumUp } from "./alert-history.ts";
import styles from "./AlertHistory.module.css";
import { alertHistoryQuery, historyDays } from "./queries.ts";

const day = 86_400_000;
/** As many firings as are listed. */
const mostListed = 8;

/** When an alert fired lately: as a strip of days, and one by one. */
export function AlertHistory({ fingerprint }: { readonly fingerprint: string }) {
  const { data, error, refetch } = useQuery(alertHistoryQuery(fingerprint));
  const now = useNow(60_000);
  const { zone } = useTimeRange();
  const start = now - historyDays * day;
  const days = Array.from({ length: historyDays }, (_, index) => start + (index + 1) * day);
  return (
    <section aria-label="History">
      <SectionHeading title="History" note={data === undefined ? null : sumUp(data, historyDays)} />
      {data === undefined ? (
        error === null ? (
          <Skeleton height={64} radius={6} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )
      ) : (
        <div className={styles.history}>
          <div className={styles.strip} aria-hidden>
            {stripOf(data.firings, start, now).map(({ left, width }) => (
              <span
                key={`${left} ${width}`}
                className={styles.piece}
                style={{ left: `min(${left * 100}%, 100% - 3px)`, width: `${width * 100}%` }}
              />
            ))}
          </div>
          <div className={styles.days} aria-hidden>
            {days.map((at) => (
              <span key={at}>{formatDayMonth(at, zone)}</span>
            ))}
          </div>
          <ul className={styles.firings}>
            {data.firings.slice(0, mostListed).map(({ startedAt, endedAt }) => (
              <li key={startedAt} className={styles.firing}>
                {endedAt === null ? (
                  <StateMark state="firing" />
                ) : (
                  <StateMark state="clear" word="Recovered" />
                )}
                <Ago at={startedAt} />
                <span className={styles.lasted}>
                  {endedAt === null
                    ? "still"
                    : `lasted ${formatAge(Date.parse(endedAt) - Date.parse(startedAt))}`}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
