import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { TraceOperation } from "@seaworthy/contract";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import table from "../../elements/table.module.css";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import { formatQuantity } from "../../values/quantity.ts";
import { writeNs } from "./duration-grid.ts";
import { NoTraces } from "./NoTraces.tsx";
import styles from "./Operations.module.css";
import { namesOf, rankedOperations } from "./queries.ts";
import { writeQuery } from "./trace-query.ts";
import { TraceTabs } from "./TraceTabs.tsx";
import { useAskedSpan } from "./use-asked-span.ts";
import { useAddress } from "../../app/use-address.ts";

const sorts = ["total", "p95", "errors"] as const;
type Sort = (typeof sorts)[number];

/** Operations by what they cost; each leads to its traces. Order and service stand in the URL. */
export function OperationsPage() {
  const [params, setParams] = useAddress();
  const sort = sorts.find((each) => each === params.get("sort")) ?? "total";
  const service = params.get("service") ?? "";
  const span = useAskedSpan();
  const { data, error, refetch } = useQuery(rankedOperations(service || undefined, sort, span));
  const { data: names } = useQuery(namesOf(undefined, span));
  const put = (name: string, value: string) =>
    setParams({ [name]: value === "total" ? null : value || null });
  return (
    <Page
      wide
      title="Traces"
      actions={
        <NativeSelect
          size="sm"
          aria-label="Service"
          data={[
            { value: "", label: "All services" },
            ...new Set([...(names?.services ?? []), ...(service === "" ? [] : [service])]),
          ]}
          value={service}
          onChange={(event) => put("service", event.currentTarget.value)}
        />
      }
    >
      <TraceTabs />
      {error !== null ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <RowsSkeleton rows={12} />
      ) : data.operations.length === 0 ? (
        <NoTraces askedForAll={service === ""} />
      ) : (
        <Ranked
          operations={data.operations}
          seconds={data.seconds}
          sort={sort}
          sortBy={(next) => put("sort", next)}
        />
      )}
    </Page>
  );
}

interface RankedProps {
  readonly operations: readonly TraceOperation[];
  /** Of the range. */
  readonly seconds: number;
  readonly sort: Sort;
  readonly sortBy: (sort: Sort) => void;
}

const seconds = (ns: number) => formatQuantity(ns / 1e9, "seconds");

function Ranked({ operations, seconds: range, sort, sortBy }: RankedProps) {
  const body = useRowKeys<HTMLTableSectionElement>();
  const most = Math.max(...operations.map(({ totalNs }) => totalNs));
  const header = (by: Sort, label: string) => (
    <th scope="col" className={table.number} aria-sort={sort === by ? "descending" : "none"}>
      <button type="button" className={styles.sort} onClick={() => sortBy(by)}>
        {label}
        <span aria-hidden>{sort === by ? " ↓" : ""}</span>
      </button>
    </th>
  );
  return (
    <div className={table.scroll}>
      <table className={`${table.table} ${styles.operations}`}>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col" className={table.number}>
              Calls
            </th>
            {header("errors", "Errors")}
            <th scope="col" className={table.number}>
              p50
            </th>
            {header("p95", "p95")}
            <th scope="col" className={table.number}>
              p99
            </th>
            {header("total", "Time in all")}
          </tr>
        </thead>
        <tbody ref={body}>
          {operations.map((each) => (
            <Row
              key={`${each.service} ${each.name} ${each.kind}`}
              operation={each}
              seconds={range}
              most={most}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  operation,
  seconds: range,
  most,
}: {
  readonly operation: TraceOperation;
  readonly seconds: number;
  readonly most: number;
}) {
  const { service, name, kind, calls, errors, p50Ns, p95Ns, p99Ns, totalNs } = operation;
  const search = { service, operation: name, others: [`kind = ${kind}`] };
  return (
    <tr>
      <td>
        <ScreenLink data-row className={styles.operation} to={paths.traces(writeQuery(search))}>
          <span className={styles.service}>{service}</span> {name}
          <span className={styles.kind}>{kind}</span>
        </ScreenLink>
      </td>
      <td className={table.number} data-label="Calls">
        {formatQuantity(calls / range, "perSecond")}
      </td>
      <td className={table.number} data-label="Errors">
        {errors === 0 ? (
          <span className={styles.none}>–</span>
        ) : (
          <ScreenLink
            className={styles.failed}
            to={paths.traces(writeQuery({ ...search, status: "error" }))}
          >
            {formatQuantity(errors / calls, "share")}
          </ScreenLink>
        )}
      </td>
      <td className={table.number} data-label="p50">
        {seconds(p50Ns)}
      </td>
      <td className={table.number} data-label="p95">
        <ScreenLink
          className="link"
          title="The slowest twentieth"
          to={paths.traces(writeQuery({ ...search, atLeast: writeNs(p95Ns) }))}
        >
          {seconds(p95Ns)}
        </ScreenLink>
      </td>
      <td className={table.number} data-label="p99">
        {seconds(p99Ns)}
      </td>
      <td className={table.number} data-label="Time in all">
        <span className={styles.total}>
          <span className={styles.bar} aria-hidden>
            <i style={{ width: `${(totalNs / most) * 100}%` }} />
          </span>
          {seconds(totalNs)}
        </span>
      </td>
    </tr>
  );
}
