import { Button } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { memo, useCallback, useEffect, useRef, useState } from "react";
import type { LogLine } from "../../api/loki.ts";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import { count } from "../../values/quantity.ts";
import { Facets } from "./Facets.tsx";
import { LogLineRow } from "./LogLineRow.tsx";
import styles from "./Logs.module.css";
import { useLogTail } from "./use-log-tail.ts";

/** How far down one has scrolled who reads, in pixels. */
const readingFrom = 160;

interface LiveLinesProps {
  readonly query: string;
  /** Lines since then, ms since 1970. */
  readonly start: number;
  readonly narrow: (line: LogLine, name: string, value: string, has: boolean) => void;
  readonly pick: (name: string, value: string) => void;
}

/** Lines as they come, the newest on top. Scrolling down or opening a line makes them stand still. */
export function LiveLines({ query, start, narrow, pick }: LiveLinesProps) {
  const [still, setStill] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const { lines, state, error, waiting, leftOut } = useLogTail(query, start, still);
  const list = useRowKeys<HTMLDivElement>();
  const latest = useRef(narrow);
  useEffect(() => {
    latest.current = narrow;
  });
  const narrowLatest = useCallback<LiveLinesProps["narrow"]>(
    (...asked) => latest.current(...asked),
    [],
  );
  const toggle = useCallback((key: string) => {
    setStill(true);
    setOpen((old) => (old === key ? null : key));
  }, []);
  useEffect(() => {
    const scrolled = () => {
      if (window.scrollY > readingFrom) setStill(true);
    };
    window.addEventListener("scroll", scrolled, { passive: true });
    return () => window.removeEventListener("scroll", scrolled);
  }, []);

  if (error !== null) return <ErrorState error={error} />;
  const goOn = () => {
    window.scrollTo({ top: 0 });
    setOpen(null);
    setStill(false);
  };
  return (
    <>
      <div className={styles.tail}>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={
            still ? (
              <IconPlayerPlay size={15} stroke={1.7} aria-hidden />
            ) : (
              <IconPlayerPause size={15} stroke={1.7} aria-hidden />
            )
          }
          onClick={still ? goOn : () => setStill(true)}
        >
          {still ? "Go on" : "Hold"}
        </Button>
        <span role="status">{wordsOf(state, still, waiting)}</span>
        {leftOut > 0 ? <span>{count(leftOut, "line")} left out</span> : null}
      </div>
      <div className={styles.columns}>
        <Facets lines={lines} pick={pick} />
        <div ref={list} className={styles.lines}>
          {lines.map((line) => (
            <TailRow
              key={line.key}
              line={line}
              isOpen={line.key === open}
              toggle={toggle}
              narrow={narrowLatest}
            />
          ))}
        </div>
      </div>
    </>
  );
}

function wordsOf(
  state: "connecting" | "following" | "reconnecting",
  still: boolean,
  waiting: number,
): string {
  if (state === "reconnecting") return "The connection is lost; trying again";
  if (still) return waiting === 0 ? "Standing still" : count(waiting, "new line");
  return state === "connecting" ? "Connecting" : "Following";
}

interface TailRowProps {
  readonly line: LogLine;
  readonly isOpen: boolean;
  readonly toggle: (key: string) => void;
  readonly narrow: LiveLinesProps["narrow"];
}

/** Hundreds of these stay as they are when some come: only the new ones are drawn. */
const TailRow = memo(function TailRow({ line, isOpen, toggle, narrow }: TailRowProps) {
  return <LogLineRow line={line} isOpen={isOpen} toggle={() => toggle(line.key)} narrow={narrow} />;
});
