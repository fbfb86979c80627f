import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { TraceComparison } from "@seaworthy/contract";
import { useState } from "react";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import table from "../../elements/table.module.css";
import { formatQuantity } from "../../values/quantity.ts";
import { writeNs } from "./duration-grid.ts";
import { NoTraces } from "./NoTraces.tsx";
import { slowAgainstNormal } from "./queries.ts";
import styles from "./Slow.module.css";
import { attributeCondition, incoming, isDuration, readQuery, writeQuery } from "./trace-query.ts";
import { TraceQueryForm } from "./TraceQueryForm.tsx";
import { TraceTabs } from "./TraceTabs.tsx";
import { useAskedSpan } from "./use-asked-span.ts";
import { useAddress } from "../../app/use-address.ts";

/** Which attributes slow spans have that others have not. The query and the threshold stand in the URL. */
export function SlowPage() {
  const [params, setParams] = useAddress();
  const query = params.get("q") ?? "";
  const slower = params.get("slower") ?? "";
  const span = useAskedSpan();
  const asked = query === "" ? incoming : query;
  const { data, error, refetch } = useQuery(slowAgainstNormal(asked, slower || undefined, span));
  const put = (name: string, value: string) => setParams({ [name]: value || null }, "push");
  return (
    <Page wide title="Traces">
      <TraceTabs query={query || undefined} />
      <TraceQueryForm query={query} span={span} run={(text) => put("q", text.trim())} />
      <SlowerThan
        key={slower}
        value={slower}
        commit={(value) => put("slower", value)}
        found={data}
      />
      {error !== null ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <RowsSkeleton rows={10} />
      ) : data.slow + data.normal === 0 ? (
        <NoTraces askedForAll={query === ""} />
      ) : data.differences.length === 0 ? (
        <EmptyState title="Slow spans are like the others">
          <p>
            {data.slow === 0
              ? "No span took so long. Take a lower threshold."
              : data.normal === 0
                ? "Every span took so long. Take a higher threshold."
                : "No attribute is more frequent among them. Ask about one operation alone."}
          </p>
        </EmptyState>
      ) : (
        <Differences comparison={data} query={asked} />
      )}
    </Page>
  );
}

function SlowerThan({
  value,
  commit,
  found,
}: {
  readonly value: string;
  readonly commit: (value: string) => void;
  readonly found: TraceComparison | undefined;
}) {
  const [draft, setDraft] = useState(value);
  const text = draft.trim();
  const isWrong = text !== "" && !isDuration(text);
  const take = () => {
    if (!isWrong && text !== value) commit(text);
  };
  return (
    <div className={styles.slower}>
      <TextInput
        size="sm"
        label="Slow is from"
        placeholder="the slowest twentieth"
        value={draft}
        error={isWrong ? "such as 250ms" : false}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === "Enter") take();
        }}
      />
      {found === undefined || found.slow + found.normal === 0 ? null : (
        <p className={styles.counts}>
          {formatQuantity(found.slow)} spans of {formatQuantity(found.thresholdNs / 1e9, "seconds")}{" "}
          and more against {formatQuantity(found.normal)} others
        </p>
      )}
    </div>
  );
}

function Differences({
  comparison: { differences, thresholdNs },
  query,
}: {
  readonly comparison: TraceComparison;
  readonly query: string;
}) {
  const plain = readQuery(query);
  return (
    <div className={table.scroll}>
      <table className={`${table.table} ${styles.differences}`}>
        <thead>
          <tr>
            <th scope="col">Attribute</th>
            <th scope="col">Of the slow</th>
            <th scope="col">Of the others</th>
          </tr>
        </thead>
        <tbody>
          {differences.map(({ name, value, slowShare, normalShare }) => (
            <tr key={`${name}=${value}`}>
              <td className={table.code}>
                {plain === null ? (
                  `${name}=${value}`
                ) : (
                  <ScreenLink
                    className={styles.attribute}
                    title="The slow ones that have it"
                    to={paths.traces(
                      writeQuery({
                        ...plain,
                        atLeast: writeNs(thresholdNs),
                        others: [...(plain.others ?? []), attributeCondition(name, value)],
                      }),
                    )}
                  >
                    <span className={styles.name}>{name}=</span>
                    {value}
                  </ScreenLink>
                )}
              </td>
              <Share kind="slow" share={slowShare} />
              <Share kind="normal" share={normalShare} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Share({ kind, share }: { readonly kind: "slow" | "normal"; readonly share: number }) {
  return (
    <td>
      <span className={styles.share}>
        <span className={styles.bar} data-kind={kind} aria-hidden>
          <i style={{ width: `${share * 100}%` }} />
        </span>
        {formatQuantity(share, "share")}
      </span>
    </td>
  );
}
