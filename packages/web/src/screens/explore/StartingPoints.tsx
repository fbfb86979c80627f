import styles from "./Explore.module.css";
import { readHistory } from "./history.ts";

const questions: readonly (readonly [string, string])[] = [
  ["What is up?", "up"],
  ["Requests by status", "sum by (status) (rate(http_requests_total[5m]))"],
  [
    "95th percentile by route",
    "histogram_quantile(0.95, sum by (le, path) (rate(http_request_duration_seconds_bucket[5m])))",
  ],
  ["Memory of each process", "process_resident_memory_bytes"],
  ["How many series each job has", 'sort_desc(count by (job) ({__name__=~".+"}))'],
];

/** What to ask first; and what was asked before. */
export function StartingPoints({ choose }: { readonly choose: (query: string) => void }) {
  const earlier = readHistory("explore").slice(0, 6);
  return (
    <div className={styles.starting}>
      <h2 className={styles.startingTitle}>Questions to start from</h2>
      {questions.map(([title, query]) => (
        <button key={query} type="button" className={styles.start} onClick={() => choose(query)}>
          <span>{title}</span>
          <code>{query}</code>
        </button>
      ))}
      {earlier.length === 0 ? null : (
        <>
          <h2 className={styles.startingTitle} style={{ marginTop: 28 }}>
            Asked before on this device
          </h2>
          {earlier.map((query) => (
            <button
              key={query}
              type="button"
              className={styles.start}
              onClick={() => choose(query)}
            >
              <code style={{ gridColumn: "1 / -1" }}>{query}</code>
            </button>
          ))}
        </>
      )}
    </div>
  );
}
