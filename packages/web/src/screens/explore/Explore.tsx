import { Button, SegmentedControl } from "@mantine/core";
import { IconBellPlus, IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { Graph } from "../../charts/Graph.tsx";
import { useMovingSpan } from "../../charts/use-moving-span.ts";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import styles from "./Explore.module.css";
import { remember } from "./history.ts";
import { MetricTabs } from "./MetricTabs.tsx";
import { InstantTable } from "./InstantTable.tsx";
import {
  mostQueries,
  readExploration,
  writeExploration,
  type Exploration,
} from "./queries-in-url.ts";
import { QueryRow } from "./QueryRow.tsx";
import { StartingPoints } from "./StartingPoints.tsx";
import { useAddress } from "../../app/use-address.ts";

/** Asks questions of the metrics in PromQL. The queries, the range and the tab stand in the URL. */
export function Explore() {
  const [params, setParams] = useAddress();
  const exploration = useMemo(() => readExploration(params), [params]);
  const { queries, tab, only } = exploration;
  const { range } = useTimeRange();
  const { span, step } = useMovingSpan(range);
  const written = useMemo(() => queries.filter((query) => query !== ""), [queries]);
  // Editors are kept apart by an id of their own: their place in the list changes.
  const [ids, setIds] = useState<readonly number[]>(() => queries.map((_, index) => index));
  const rowIds = queries.map((_, index) => ids[index] ?? 1000 + index);

  const change = (next: Partial<Exploration>, replace = false) =>
    setParams((now) => writeExploration(now, next), replace ? "replace" : "push");
  const run = (place: number, text: string) => {
    remember("explore", text);
    change({ queries: queries.map((query, index) => (index === place ? text.trim() : query)) });
  };

  return (
    <Page
      wide
      title="Metrics"
      actions={
        <SegmentedControl
          size="sm"
          aria-label="Show as"
          data={[
            { value: "graph", label: "Graph" },
            { value: "table", label: "Table" },
          ]}
          value={tab}
          onChange={(value) => change({ tab: value === "table" ? "table" : "graph" }, true)}
        />
      }
    >
      <MetricTabs />
      <div className={styles.queries}>
        {queries.map((query, place) => (
          <QueryRow
            key={rowIds[place]}
            letter={"ABCDEF"[place] ?? "?"}
            query={query}
            run={(text) => run(place, text)}
            {...(queries.length > 1
              ? {
                  remove: () => {
                    setIds(rowIds.filter((_, index) => index !== place));
                    change({ queries: queries.filter((_, index) => index !== place) });
                  },
                }
              : {})}
          />
        ))}
        {queries.length < mostQueries && written.length === queries.length ? (
          <div className={styles.next}>
            <Button
              variant="subtle"
              size="compact-sm"
              leftSection={<IconPlus size={15} aria-hidden />}
              onClick={() => {
                setIds([...rowIds, Math.max(...rowIds) + 1]);
                change({ queries: [...queries, ""] });
              }}
            >
              Add a query
            </Button>
            {written[0] === undefined ? null : (
              <Button
                component={ScreenLink}
                to={paths.newRule(written[0])}
                keepRange={false}
                variant="subtle"
                size="compact-sm"
                leftSection={<IconBellPlus size={15} stroke={1.7} aria-hidden />}
              >
                Make it an alert rule
              </Button>
            )}
          </div>
        ) : null}
      </div>
      {written.length === 0 ? (
        <StartingPoints choose={(query) => run(0, query)} />
      ) : tab === "graph" ? (
        <Graph
          expressions={written}
          span={span}
          step={step}
          height={360}
          exemplars
          only={only}
          onOnly={(key) => change({ only: key }, true)}
        />
      ) : (
        written.map((query) => <InstantTable key={query} expression={query} at={span.end} />)
      )}
    </Page>
  );
}
