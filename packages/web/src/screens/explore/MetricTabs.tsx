import { paths } from "../../app/paths.ts";
import { TabLinks } from "../../elements/TabLinks.tsx";

/** The ways to look at metrics. */
export function MetricTabs() {
  return (
    <TabLinks
      label="Metrics"
      tabs={[
        { label: "Query", path: paths.explore() },
        { label: "Series", path: paths.cardinality() },
      ]}
    />
  );
}
