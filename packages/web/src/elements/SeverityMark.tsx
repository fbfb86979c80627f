import type { IncidentSeverity } from "@seaworthy/contract";
import styles from "./SeverityMark.module.css";

const meanings: Readonly<Record<IncidentSeverity, string>> = {
  P1: "P1: wakes people",
  P2: "P2: within the hour",
  P3: "P3: in working hours",
  maintenance: "Planned work",
};

/** How bad an incident is; the letters say it, the weight of the box shows it. */
export function SeverityMark({ severity }: { readonly severity: IncidentSeverity }) {
  return (
    <abbr className={styles.severity} data-severity={severity} title={meanings[severity]}>
      {severity === "maintenance" ? "plan" : severity}
    </abbr>
  );
}
