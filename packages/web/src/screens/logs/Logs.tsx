import { Button, SegmentedControl, Switch } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconFileText } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { LogLine } from "../../api/loki.ts";
import { Page } from "../../app/Page.tsx";
import { Command } from "../../elements/Command.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import { isMoving, resolveRange } from "../../time/time-range.ts";
import { useNow } from "../../time/use-now.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { remember } from "../explore/history.ts";
import { Facets } from "./Facets.tsx";
import { everything, givesLines, withField, withLabel, withPattern } from "./log-query.ts";
import { LiveLines } from "./LiveLines.tsx";
import { LogGraph } from "./LogGraph.tsx";
import { LogLineRow } from "./LogLineRow.tsx";
import { LogQueryForm } from "./LogQueryForm.tsx";
import { LogVolume } from "./LogVolume.tsx";
import styles from "./Logs.module.css";
import { Patterns } from "./Patterns.tsx";
import { linesQuery } from "./queries.ts";
import { SavedViews } from "./SavedViews.tsx";
import { TakeAway } from "./TakeAway.tsx";
import { useAddress } from "../../app/use-address.ts";

/** While following, how often to ask how many lines came, in milliseconds. */
const followEvery = 5000;

const example = `curl -X POST http://127.0.0.1:4000/api/logs/lines?service_name=hello \\
  -H "Authorization: Bearer $SEAWORTHY_TOKEN" -d '{"level":"info","msg":"hello"}'`;

/** Searches and follows log lines. The query, the range and the open line stand in the URL. */
export function Logs() {
  const [params, setParams] = useAddress();
  const query = params.get("q") ?? everything;
  const open = params.get("open");
  const showsPatterns = params.get("tab") === "patterns";
  const { range } = useTimeRange();
  const isFollowing = params.has("follow") && isMoving(range);
  const isLive = isFollowing && givesLines(query) && !showsPatterns;
  const [asked, setAsked] = useState(Date.now);
  const ticking = useNow(followEvery);
  const now = isFollowing ? Math.max(ticking, asked) : asked;
  const span = useMemo(() => resolveRange(range, now), [range, now]);
  const liveFrom = resolveRange(range, asked).start;
  const list = useRowKeys<HTMLDivElement>();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(
    { ...linesQuery(query, span), enabled: givesLines(query) && !isLive },
  );
  const lines = useMemo(() => data?.pages.flat() ?? [], [data]);

  const change = (next: Readonly<Record<string, string | null>>, replace = false) =>
    setParams(next, replace ? "replace" : "push");
  const run = (text: string, more: Readonly<Record<string, string | null>> = {}) => {
    setAsked(Date.now);
    remember("logs", text);
    change({ q: text.trim() === "" ? null : text.trim(), open: null, ...more });
  };
  const narrow = (line: LogLine, name: string, value: string, has: boolean) =>
    run(
      name in line.stream ? withLabel(query, name, value, has) : withField(query, name, value, has),
    );

  const pick = (name: string, value: string) =>
    run(name === "detected_level" ? withField(query, name, value) : withLabel(query, name, value));

  return (
    <Page
      wide
      title="Logs"
      actions={
        <div className={styles.actions}>
          {givesLines(query) ? (
            <SegmentedControl
              size="sm"
              aria-label="Show"
              data={[
                { value: "lines", label: "Lines" },
                { value: "patterns", label: "Patterns" },
              ]}
              value={showsPatterns ? "patterns" : "lines"}
              onChange={(value) => change({ tab: value === "patterns" ? value : null }, true)}
            />
          ) : null}
          <SavedViews />
          {givesLines(query) ? <TakeAway query={query} span={span} /> : null}
          {isMoving(range) && givesLines(query) ? (
            <Switch
              label="Follow"
              checked={isFollowing}
              onChange={(event) =>
                change({ follow: event.currentTarget.checked ? "" : null }, true)
              }
            />
          ) : null}
        </div>
      }
    >
      <LogQueryForm query={query} run={(text) => run(text)} />
      {!givesLines(query) ? (
        <LogGraph query={query} />
      ) : isLive ? (
        <>
          <LogVolume query={query} span={span} />
          <LiveLines
            key={`${liveFrom} ${query}`}
            query={query}
            start={liveFrom}
            narrow={narrow}
            pick={pick}
          />
        </>
      ) : error !== null ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <RowsSkeleton rows={12} height={28} />
      ) : (
        <>
          <LogVolume query={query} span={span} />
          {showsPatterns ? (
            <Patterns
              query={query}
              span={span}
              narrow={(pattern, has) => {
                run(withPattern(query, pattern, has), has ? { tab: null } : {});
              }}
            />
          ) : lines.length === 0 ? (
            <NoLines isEverything={query === everything} />
          ) : (
            <div className={styles.columns}>
              <Facets lines={lines} pick={pick} />
              <div ref={list} className={styles.lines}>
                {lines.map((line) => (
                  <LogLineRow
                    key={line.key}
                    line={line}
                    isOpen={line.key === open}
                    toggle={() => change({ open: line.key === open ? null : line.key }, true)}
                    narrow={narrow}
                  />
                ))}
                {hasNextPage ? (
                  <div className={styles.more}>
                    <Button
                      variant="default"
                      loading={isFetchingNextPage}
                      onClick={() => void fetchNextPage()}
                    >
                      Show earlier lines
                    </Button>
                  </div>
                ) : null}
              </div>
            </div>
          )}
        </>
      )}
    </Page>
  );
}

function NoLines({ isEverything }: { readonly isEverything: boolean }) {
  return isEverything ? (
    <EmptyState title="No log lines in this range" icon={<IconFileText size={32} stroke={1.3} />}>
      <p>
        Send them with what you have: promtail or any other sender of Loki's, OpenTelemetry,
        Datadog's or Vercel's. Or try it by hand:
      </p>
      <div className={styles.example}>
        <Command text={example} label="Example" />
      </div>
    </EmptyState>
  ) : (
    <EmptyState title="No line matches in this range">
      <p>The query is well formed. Try a longer range, or take a condition away.</p>
    </EmptyState>
  );
}
