import type { Noise as NoiseAnswer, NoisyAlert } from "@seaworthy/contract";
import { IconVolumeOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import table from "../../elements/table.module.css";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import { daysInUrl } from "../../time/look-back.ts";
import { LookBack } from "../../time/LookBack.tsx";
import { formatQuantity } from "../../values/quantity.ts";
import { choice } from "./days.ts";
import { costOf } from "./noise-words.ts";
import styles from "./Noise.module.css";
import { noiseQuery } from "./queries.ts";
import { Suggestions } from "./Suggestions.tsx";

/** What the alerts have cost people, and what would make them quieter. */
export function Noise() {
  const [params] = useSearchParams();
  const days = daysInUrl(params, choice);
  const { data, error, refetch } = useQuery(noiseQuery(days));
  return (
    <>
      <div className={styles.bar}>
        <p className={styles.cost} role="status">
          {data === undefined ? " " : costOf(data, days)}
        </p>
        <LookBack choice={choice} />
      </div>
      {data === undefined ? (
        error === null ? (
          <RowsSkeleton rows={8} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )
      ) : (
        <NoisyAlerts noise={data} />
      )}
      <Suggestions />
    </>
  );
}

function NoisyAlerts({ noise }: { readonly noise: NoiseAnswer }) {
  const list = useRowKeys<HTMLTableSectionElement>();
  if (noise.alerts.length === 0)
    return (
      <EmptyState title="No alert has fired" icon={<IconVolumeOff size={32} stroke={1.3} />}>
        <p>
          What fires is counted here: how often, whom it woke, and whether anybody had to act. It is
          remembered since <Ago at={noise.since} />.
        </p>
        <ScreenLink to={paths.rules({ show: "unused" })} className="link">
          See rules that never fired
        </ScreenLink>
      </EmptyState>
    );
  return (
    <table className={`${table.table} ${styles.alerts}`}>
      <thead>
        <tr>
          <th scope="col">Alert</th>
          <th scope="col" className={table.number}>
            Fired
          </th>
          <th scope="col" className={table.number}>
            For
          </th>
          <th scope="col" className={table.number}>
            Pages
          </th>
          <th scope="col">Acted on</th>
          <th scope="col">Told</th>
        </tr>
      </thead>
      <tbody ref={list}>
        {noise.alerts.map((alert) => (
          <Row key={alert.name} alert={alert} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ alert }: { readonly alert: NoisyAlert }) {
  const { name, firings, firingSeconds, pages, actedOn, receivers } = alert;
  const isIgnored = pages >= 3 && actedOn === 0;
  return (
    <tr>
      <td className={styles.name}>
        <ScreenLink to={paths.rules({ rule: name })} data-row className={styles.link}>
          {name}
        </ScreenLink>
      </td>
      <td className={table.number}>
        {firings}
        <span className={styles.word}> {firings === 1 ? "time" : "times"}</span>
      </td>
      <td className={table.number}>{formatQuantity(firingSeconds, "seconds")}</td>
      <td className={table.number}>
        {pages}
        <span className={styles.word}> {pages === 1 ? "page" : "pages"}</span>
      </td>
      <td>
        {pages === 0 ? (
          <span className={table.muted}>nobody was told</span>
        ) : (
          <span className={styles.acted}>
            <span className={styles.meter} aria-hidden>
              <span style={{ width: `${(100 * actedOn) / pages}%` }} />
            </span>
            {actedOn} of {pages}
            {isIgnored ? <span className={styles.advice}>silence or drop it?</span> : null}
          </span>
        )}
      </td>
      <td className={table.muted}>{receivers.join(", ")}</td>
    </tr>
  );
}
