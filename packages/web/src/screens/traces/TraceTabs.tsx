import { paths } from "../../app/paths.ts";
import { TabLinks } from "../../elements/TabLinks.tsx";

/** The ways to look at traces; the query goes along. */
export function TraceTabs({ query }: { readonly query?: string | undefined }) {
  return (
    <TabLinks
      label="Traces"
      tabs={[
        { label: "Search", path: paths.traces(query) },
        { label: "Operations", path: paths.traceOperations() },
        { label: "Service map", path: paths.serviceMap() },
        { label: "Slow against normal", path: paths.slowTraces(query) },
      ]}
    />
  );
}
