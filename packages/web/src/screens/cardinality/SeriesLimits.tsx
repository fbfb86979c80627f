import type { Cardinality } from "@seaworthy/contract";
import { paths } from "../../app/paths.ts";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import table from "../../elements/table.module.css";
import styles from "./Cardinality.module.css";

const figure = (value: number) => value.toLocaleString("en");

/** How near a limit is, in words and by a shape; colour only says it again. */
function nearness(
  series: number,
  limit: number,
): { readonly state: string; readonly words: string } {
  if (series >= limit) return { state: "over", words: "at the limit: new series are refused" };
  if (series >= 0.8 * limit) return { state: "near", words: "near the limit" };
  return { state: "far", words: "" };
}

function Use({
  of,
  series,
  limit,
}: {
  readonly of: string;
  readonly series: number;
  readonly limit: number;
}) {
  const { state, words } = nearness(series, limit);
  return (
    <span className={styles.use} data-state={state}>
      <span
        className={styles.meter}
        role="meter"
        aria-label={`Series of ${of}`}
        aria-valuenow={Math.min(series, limit)}
        aria-valuemin={0}
        aria-valuemax={limit}
      >
        <i style={{ width: `${Math.min(100, (100 * series) / limit)}%` }} />
      </span>
      <span>
        {figure(series)} of {figure(limit)}
        {words === "" ? null : <span className={styles.words}> {words}</span>}
      </span>
    </span>
  );
}

/** What may be active at a time, of the platform and of each ingest key with a limit, and what is. */
export function SeriesLimits({ active, senders }: Pick<Cardinality, "active" | "senders">) {
  return (
    <section aria-label="Limits">
      <SectionHeading
        title="Limits"
        note="series that were written in the last one to two hours; samples of further ones are refused"
      />
      <div className={table.scroll}>
        <table className={`${table.table} ${styles.limits}`}>
          <thead>
            <tr>
              <th scope="col">Of</th>
              <th scope="col">Active series</th>
              <th scope="col">Samples a second</th>
              <th scope="col" className={table.number}>
                Refused samples
              </th>
              <th scope="col">Set by</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <td>All senders</td>
              <td>
                <Use of="all senders" series={active.series} limit={active.limit} />
              </td>
              <td className={table.muted}>any</td>
              <td className={table.number}>–</td>
              <td>
                <code>limits.series</code> of seaworthy.yml
              </td>
            </tr>
            {senders.map(({ id, name, activeSeries, limits, refusedSamples, delayedRequests }) => (
              <tr key={id}>
                <td className={styles.sender}>{name}</td>
                <td>
                  {limits.series === null ? (
                    `${figure(activeSeries)} of any`
                  ) : (
                    <Use of={name} series={activeSeries} limit={limits.series} />
                  )}
                </td>
                <td className={limits.samplesPerSecond === null ? table.muted : undefined}>
                  {limits.samplesPerSecond === null ? "any" : figure(limits.samplesPerSecond)}
                  {delayedRequests === 0 ? null : (
                    <span className={styles.words}>
                      {" "}
                      told to wait {figure(delayedRequests)} times
                    </span>
                  )}
                </td>
                <td className={table.number}>{figure(refusedSamples)}</td>
                <td>
                  <ScreenLink to={paths.tokens()} className="link">
                    its ingest key
                  </ScreenLink>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
