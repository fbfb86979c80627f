import { useQuery } from "@tanstack/react-query";
import type { ServiceMap } from "@seaworthy/contract";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import table from "../../elements/table.module.css";
import { formatQuantity } from "../../values/quantity.ts";
import { NoTraces } from "./NoTraces.tsx";
import { servicesAndCalls } from "./queries.ts";
import { ServiceMapDrawing } from "./ServiceMapDrawing.tsx";
import styles from "./ServiceMap.module.css";
import { writeQuery } from "./trace-query.ts";
import { TraceTabs } from "./TraceTabs.tsx";
import { useAskedSpan } from "./use-asked-span.ts";
import { useAddress } from "../../app/use-address.ts";

/** Which service calls which: as a picture, and as tables that say the same. The chosen one stands in the URL. */
export function ServiceMapPage() {
  const [params, setParams] = useAddress();
  const chosen = params.get("service");
  const { data, error, refetch } = useQuery(servicesAndCalls(useAskedSpan()));
  const choose = (service: string | null) => setParams({ service });
  return (
    <Page wide title="Traces">
      <TraceTabs />
      {error !== null ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <RowsSkeleton rows={12} />
      ) : data.services.length === 0 ? (
        <NoTraces askedForAll />
      ) : (
        <>
          <ServiceMapDrawing map={data} chosen={chosen} choose={choose} />
          {data.oneIn === 1 ? null : (
            <p className={styles.note}>
              Calls are estimated from one in {data.oneIn}: there are too many to read all.
            </p>
          )}
          <Services map={data} chosen={chosen} />
          <Calls map={data} chosen={chosen} />
        </>
      )}
    </Page>
  );
}

const seconds = (ns: number) => formatQuantity(ns / 1e9, "seconds");
const kinds = { service: "", database: "database", queue: "queue", outside: "elsewhere" } as const;

interface TableProps {
  readonly map: ServiceMap;
  readonly chosen: string | null;
}

function Figures({
  of,
  over,
}: {
  readonly of: ServiceMap["services"][number] | ServiceMap["calls"][number];
  readonly over: number;
}) {
  return (
    <>
      <td className={table.number}>{formatQuantity(of.calls / over, "perSecond")}</td>
      <td className={`${table.number} ${of.errors > 0 ? styles.failed : ""}`}>
        {of.errors === 0 ? "–" : formatQuantity(of.errors / of.calls, "share")}
      </td>
      <td className={table.number}>{seconds(of.p50Ns)}</td>
      <td className={table.number}>{seconds(of.p95Ns)}</td>
    </>
  );
}

const figureHeads = ["Calls", "Errors", "p50", "p95"].map((head) => (
  <th key={head} scope="col" className={table.number}>
    {head}
  </th>
));

function Services({ map, chosen }: TableProps) {
  const shown = map.services.filter(({ name }) => chosen === null || name === chosen);
  return (
    <section aria-label="Services">
      <SectionHeading title="Services" />
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Service</th>
              {figureHeads}
              <th scope="col">
                <span className="visually-hidden">Look at</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((service) => (
              <tr key={service.name}>
                <td>
                  {service.name} <span className={styles.kind}>{kinds[service.kind]}</span>
                </td>
                <Figures of={service} over={map.seconds} />
                <td className={styles.links}>
                  {service.kind === "service" ? (
                    <>
                      <ScreenLink
                        className="link"
                        to={paths.traces(writeQuery({ service: service.name }))}
                      >
                        Traces
                      </ScreenLink>
                      <ScreenLink
                        className="link"
                        to={paths.traceOperations({ service: service.name })}
                      >
                        Operations
                      </ScreenLink>
                    </>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Calls({ map, chosen }: TableProps) {
  const shown = map.calls.filter(
    ({ caller, callee }) => chosen === null || caller === chosen || callee === chosen,
  );
  if (shown.length === 0) return null;
  return (
    <section aria-label="Calls">
      <SectionHeading title="Calls" />
      <div className={table.scroll} role="group" aria-label="Table of calls" tabIndex={0}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Caller</th>
              <th scope="col">Called</th>
              {figureHeads}
            </tr>
          </thead>
          <tbody>
            {shown.map((call) => (
              <tr key={`${call.caller} ${call.callee}`}>
                <td>{call.caller}</td>
                <td>{call.callee}</td>
                <Figures of={call} over={map.seconds} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
