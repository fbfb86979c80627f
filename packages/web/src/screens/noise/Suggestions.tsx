import { useQuery } from "@tanstack/react-query";
import { Command } from "../../elements/Command.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { count } from "../../values/quantity.ts";
import styles from "./Noise.module.css";
import { suggestionsQuery } from "./queries.ts";

/** Inhibition rules that would have kept people from being told of what only follows from something else. */
export function Suggestions() {
  const { data, error, refetch } = useQuery(suggestionsQuery);
  if (error !== null) return <ErrorState error={error} retry={() => void refetch()} />;
  if (data === undefined || data.suggestions.length + data.dependencies.length === 0) return null;
  return (
    <section aria-label="Suggestions">
      <SectionHeading
        title="What could be hidden"
        note="inhibition rules that the last 30 days and the service map speak for"
      />
      <ul className={styles.suggestions}>
        {data.dependencies.map(({ caller, callee, calls, alerts, yaml }) => (
          <li key={`${caller} ${callee} calls`} className={styles.suggestion}>
            <p>
              <strong>{caller}</strong> called <strong>{callee}</strong> {count(calls, "time")} in
              the last day. While {callee} is down, {alerts.join(", ")} of {caller} say nothing new.
            </p>
            <Command text={yaml} label={`Rule that hides ${caller} while ${callee} is down`} />
          </li>
        ))}
        {data.suggestions.map(({ source, target, equal, together, targetFirings, yaml }) => (
          <li key={`${source} ${target}`} className={styles.suggestion}>
            <p>
              <strong>{target}</strong> fired {together} of {targetFirings} times while or just
              after <strong>{source}</strong> did
              {equal.length === 0 ? "" : `, with the same ${equal.join(" and ")}`}.
            </p>
            <Command text={yaml} label={`Rule that hides ${target}`} />
          </li>
        ))}
      </ul>
    </section>
  );
}
