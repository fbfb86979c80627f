import { useEffect, useRef, useState } from "react";
import type { ApiError } from "../../api/call.ts";
import { followLogs } from "../../api/log-tail.ts";
import type { LogLine } from "../../api/loki.ts";
import { nanoseconds } from "./queries.ts";
import { TailBuffer } from "./tail-buffer.ts";

/** Lines that are kept. */
const kept = 5000;
/** Characters of those that are kept: lines may be long. */
const keptLength = 16 * 1024 * 1024;
/** Those of them that are drawn: while lines come, and while they stand still. */
const drawnMoving = 200;
const drawnStill = 1000;
/** How often what has come is drawn, in milliseconds. */
const drawEvery = 250;

/** A tail as it is drawn. */
export interface LogTail {
  /** The newest first. */
  readonly lines: readonly LogLine[];
  readonly state: "connecting" | "following" | "reconnecting";
  readonly error: ApiError | null;
  /** Lines that came since it stands still. */
  readonly waiting: number;
  /** Lines that are not kept: they came too fast, or are too many by now. */
  readonly leftOut: number;
}

const nothing: LogTail = {
  lines: [],
  state: "connecting",
  error: null,
  waiting: 0,
  leftOut: 0,
};

/**
 * Follows a query from `start` (ms since 1970) on. What comes is gathered and drawn a few times each
 * second, the newest lines alone, so that a thousand lines a second are no more work than a hundred.
 * While `still`, the lines stay as they are. A component follows one query: give it a key of both.
 */
export function useLogTail(query: string, start: number, still: boolean): LogTail {
  const [tail, setTail] = useState(nothing);
  const isStill = useRef(still);
  const controls = useRef({ draw: () => {}, all: (): LogLine[] => [] });

  useEffect(() => {
    const buffer = new TailBuffer<LogLine>(kept, keptLength, ({ text }) => text.length);
    let came = 0;
    let cameWhenDrawn = 0;
    let dropped = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      clearTimeout(timer);
      timer = undefined;
      const leftOut = dropped + buffer.lost;
      if (isStill.current) {
        const waiting = came - cameWhenDrawn;
        setTail((old) => ({ ...old, waiting, leftOut }));
        return;
      }
      cameWhenDrawn = came;
      setTail((old) => ({ ...old, lines: buffer.newest(drawnMoving), waiting: 0, leftOut }));
    };
    controls.current = { draw, all: () => buffer.newest(drawnStill) };
    const stop = followLogs(query, nanoseconds(start), {
      came(lines, more) {
        buffer.add(lines);
        came += lines.length;
        dropped += more;
        timer ??= setTimeout(draw, drawEvery);
      },
      state: (state) => setTail((old) => ({ ...old, state })),
      refused: (error) => setTail((old) => ({ ...old, error })),
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [query, start]);

  useEffect(() => {
    if (isStill.current === still) return;
    isStill.current = still;
    if (still) setTail((old) => ({ ...old, lines: controls.current.all() }));
    else controls.current.draw();
  }, [still]);
  return tail;
}
