import type { PersonLoad } from "@seaworthy/contract";
import { IconMoon } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import table from "../../elements/table.module.css";
import { daysInUrl, type LookBackChoice } from "../../time/look-back.ts";
import { LookBack } from "../../time/LookBack.tsx";
import { useNow } from "../../time/use-now.ts";
import { formatQuantity } from "../../values/quantity.ts";
import styles from "./OnCall.module.css";
import { loadQuery } from "./queries.ts";
import { lastDays } from "./span.ts";

const choice: LookBackChoice = {
  lengths: [
    { days: 7, label: "Week" },
    { days: 30, label: "Month" },
    { days: 90, label: "Quarter" },
    { days: 365, label: "Year" },
  ],
  usual: 30,
};

/** What being on call has cost whom: time, interruptions, nights. */
export function Load() {
  const [params] = useSearchParams();
  const days = daysInUrl(params, choice);
  const { data, error, refetch } = useQuery(loadQuery(lastDays(useNow(60_000), days)));
  return (
    <>
      <div className={styles.bar}>
        <LookBack choice={choice} />
      </div>
      {data === undefined ? (
        error === null ? (
          <RowsSkeleton rows={5} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )
      ) : data.people.length === 0 ? (
        <EmptyState title="Nobody has been on call" icon={<IconMoon size={32} stroke={1.3} />}>
          <p>
            With a schedule, everybody’s time on call, interruptions and broken nights are counted
            here, so that the load can be shared fairly.
          </p>
        </EmptyState>
      ) : (
        <Loads people={data.people} />
      )}
    </>
  );
}

function Loads({ people }: { readonly people: readonly PersonLoad[] }) {
  return (
    <div
      className={`${table.scroll} ${styles.loads}`}
      tabIndex={0}
      role="region"
      aria-label="Load by person"
    >
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Person</th>
            {["On call", "Interruptions", "Broken nights", "Weekend days", "Incidents"].map(
              (name) => (
                <th key={name} scope="col" className={table.number}>
                  {name}
                </th>
              ),
            )}
            <th scope="col" className={table.number}>
              Answered
            </th>
            <th scope="col" className={table.number}>
              Typically within
            </th>
          </tr>
        </thead>
        <tbody>
          {people.map((load) => (
            <tr key={load.person.id}>
              <td>
                <span className={styles.strong}>{load.person.name}</span>{" "}
                <span className={styles.muted}>{load.timeZone}</span>
              </td>
              <td className={table.number}>{formatQuantity(load.onDutySeconds, "seconds")}</td>
              <td className={table.number}>{load.interruptions}</td>
              <td className={table.number}>{load.nights}</td>
              <td className={table.number}>{load.weekendDays}</td>
              <td className={table.number}>{load.incidents}</td>
              <td className={table.number}>{load.answered}</td>
              <td className={table.number}>
                {load.medianAnswerSeconds === null
                  ? "–"
                  : formatQuantity(load.medianAnswerSeconds, "seconds")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.note}>
        An interruption is a step of an escalation that reached somebody, by however many ways.
        Nights are from 22:00 to 07:00 in the zone beside the name.
      </p>
    </div>
  );
}
