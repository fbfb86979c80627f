import type { Severity } from "@seaworthy/contract";
import styles from "./SeverityMark.module.css";

const meanings: Readonly<Record<Severity, string>> = {
  P1: "P1: wakes people",
  P2: "P2: within the hour",
  P3: "P3: in working hours",
};

/** How bad an incident is; the letters say it, the weight of the box shows it. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  return (
    <abbr className={styles.severity} data-severity={severity} title={meanings[severity]}>
      {severity}
    </abbr>
  );
}
