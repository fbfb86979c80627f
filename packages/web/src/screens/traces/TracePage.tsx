import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconFileText } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useParams } from "react-router";
import type { Trace } from "@seaworthy/contract";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { PageHeading } from "../../elements/PageHeading.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatInstant } from "../../values/instant.ts";
import { count, formatQuantity } from "../../values/quantity.ts";
import { criticalPath } from "./critical-path.ts";
import { FindInTrace } from "./FindInTrace.tsx";
import { Minimap } from "./Minimap.tsx";
import { logCounts, traceQuery } from "./queries.ts";
import { ServiceLegend } from "./ServiceLegend.tsx";
import { SpanDetails } from "./SpanDetails.tsx";
import { readTraceView, writeTraceView, type TraceView } from "./trace-in-url.ts";
import { findSpans, rowsOf, unfoldedTo } from "./trace-rows.ts";
import { treeOf, type SpanNode, type TraceTree } from "./trace-tree.ts";
import styles from "./TracePage.module.css";
import { Waterfall } from "./Waterfall.tsx";
import { useAddress } from "../../app/use-address.ts";

/** One trace. The open span, what is folded, searched and zoomed to stand in the URL. */
export function TracePage() {
  const { traceId = "" } = useParams();
  const { data, error, refetch } = useQuery(traceQuery(traceId));
  if (data !== undefined) return <Whole trace={data} />;
  return (
    <Page wide title="Trace">
      {error === null ? (
        <RowsSkeleton rows={14} height={28} />
      ) : (
        <ErrorState
          error={error}
          retry={() => void refetch()}
          action={
            <Button component={ScreenLink} to={paths.traces()} variant="default">
              Search traces
            </Button>
          }
        />
      )}
    </Page>
  );
}

/** The top that stands for the whole: a real root, the longest. */
function mainOf({ tops }: TraceTree): SpanNode | undefined {
  return tops.toSorted(
    (a, b) => Number(a.isOrphan) - Number(b.isOrphan) || b.end - b.start - (a.end - a.start),
  )[0];
}

function Whole({ trace }: { readonly trace: Trace }) {
  const [params, setParams] = useAddress();
  const view = useMemo(() => readTraceView(params), [params]);
  const tree = useMemo(() => treeOf(trace), [trace]);
  const main = mainOf(tree);
  const path = useMemo(
    () => (main === undefined ? new Map<SpanNode, never>() : criticalPath<SpanNode>(main)),
    [main],
  );
  const { data: logs } = useQuery(logCounts(trace));
  const rows = useMemo(() => rowsOf(tree.nodes, view.folded), [tree, view.folded]);
  const found = useMemo(() => findSpans(tree.nodes, view.find), [tree, view.find]);
  const open = useMemo(
    () => tree.nodes.find(({ span }) => span.spanId === view.span) ?? null,
    [tree, view.span],
  );
  // Told to the waterfall so that it moves there; a click on a row does not move anything.
  const [sought, setSought] = useState<SpanNode | null>(open);

  const change = (next: Partial<TraceView>) => setParams((now) => writeTraceView(now, next));
  const show = (node: SpanNode) => {
    change({ span: node.span.spanId, folded: unfoldedTo(node, view.folded) });
    setSought(node);
  };

  const start = Date.parse(trace.start);
  const failed = tree.nodes.filter(({ span }) => span.status === "error");
  const title = main === undefined ? "Trace" : `${main.span.service}: ${main.span.name}`;
  const { zone } = useTimeRange();
  return (
    <Page
      wide
      title={title}
      heading={
        <PageHeading
          back={{ to: paths.traces(), label: "Traces" }}
          title={title}
          link={paths.trace(trace.traceId)}
          action={
            <Button
              component={ScreenLink}
              to={trace.links.logs}
              keepRange={false}
              variant="default"
              leftSection={<IconFileText size={16} stroke={1.7} aria-hidden />}
            >
              Logs of this trace
            </Button>
          }
        >
          <li>
            <strong className={styles.strong}>
              {formatQuantity(trace.durationNs / 1e9, "seconds")}
            </strong>
          </li>
          <li>{formatInstant(start, zone)}</li>
          <li>
            {trace.cut ? "the first " : ""}
            {count(tree.nodes.length, "span")}
          </li>
          {failed[0] === undefined ? null : (
            <li>
              <button
                type="button"
                className={styles.failed}
                onClick={() => failed[0] !== undefined && show(failed[0])}
              >
                {count(failed.length, "failed span")}
              </button>
            </li>
          )}
          <li>
            <code>{trace.traceId}</code>
          </li>
        </PageHeading>
      }
    >
      <div className={styles.tools}>
        <ServiceLegend tree={tree} path={path} />
        <FindInTrace
          text={view.find}
          found={found}
          current={open}
          search={(find) => change({ find })}
          show={show}
        />
        <Minimap tree={tree} zoom={view.zoom} setZoom={(zoom) => change({ zoom })} />
      </div>
      <div className={styles.columns} data-open={open !== null || undefined}>
        <Waterfall
          tree={tree}
          rows={rows}
          path={path}
          found={found}
          folded={view.folded}
          zoom={view.zoom}
          open={open}
          sought={sought}
          logs={logs}
          choose={(node) => change({ span: node?.span.spanId ?? null })}
          fold={(folded) => change({ folded })}
        />
        {open === null ? null : (
          <SpanDetails
            key={open.index}
            trace={trace}
            node={open}
            critical={path.get(open)}
            logs={logs}
            zoom={() =>
              change({
                zoom: [
                  Math.max(0, (open.start - tree.start) / (tree.end - tree.start)),
                  Math.min(
                    1,
                    (Math.max(open.end, open.start + 1) - tree.start) / (tree.end - tree.start),
                  ),
                ],
              })
            }
            close={() => change({ span: null })}
          />
        )}
      </div>
    </Page>
  );
}
