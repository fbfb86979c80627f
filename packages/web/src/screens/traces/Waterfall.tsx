import { useMediaQuery } from "@mantine/hooks";
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
} from "react";
import { formatQuantity } from "../../values/quantity.ts";
import type { Stretch } from "./critical-path.ts";
import { colourPlaces, serviceColour } from "./service-colours.ts";
import { SpanRow } from "./SpanRow.tsx";
import type { SpanNode, TraceTree } from "./trace-tree.ts";
import styles from "./Waterfall.module.css";

/** Rows drawn beyond what is in sight, on each side. */
const beyond = 10;
/** Of the scale above the rows, px. */
const scaleHeight = 28;

interface WaterfallProps {
  readonly tree: TraceTree;
  /** What is not folded away. */
  readonly rows: readonly SpanNode[];
  readonly path: ReadonlyMap<SpanNode, readonly Stretch[]>;
  readonly found: readonly SpanNode[];
  readonly folded: ReadonlySet<string>;
  readonly zoom: readonly [number, number];
  readonly open: SpanNode | null;
  /** Is moved into sight whenever it changes. */
  readonly sought: SpanNode | null;
  /** Log lines of spans, by their ids. */
  readonly logs: ReadonlyMap<string, number> | undefined;
  readonly choose: (node: SpanNode | null) => void;
  readonly fold: (folded: ReadonlySet<string>) => void;
}

/**
 * The spans as bars over time, below each other. Only rows in sight are drawn. With the keyboard:
 * arrows move, fold and unfold; Enter opens a span, Escape closes it.
 */
export function Waterfall(props: WaterfallProps) {
  const { tree, rows, path, found, folded, zoom, open, sought, logs, choose, fold } = props;
  const rowHeight = useMediaQuery("(max-width: 767px)", undefined, {
    getInitialValueInEffect: false,
  })
    ? 48
    : 28;
  const { ref, inSight, moveTo } = useRowsInSight(rowHeight);
  const [active, setActive] = useState<SpanNode | null>(open);
  const isFound = useMemo(() => new Set(found), [found]);
  const places = useMemo(() => colourPlaces(tree), [tree]);
  const span = tree.end - tree.start;
  const from = tree.start + zoom[0] * span;
  const to = tree.start + zoom[1] * span;

  const moved = useRef<SpanNode | null>(null);
  useLayoutEffect(() => {
    if (sought === null || moved.current === sought) return;
    const place = rows.indexOf(sought);
    if (place === -1) return;
    moved.current = sought;
    moveTo(place, "middle");
  }, [sought, rows, moveTo]);

  const toggle = useCallback(
    (node: SpanNode) => {
      const next = new Set(folded);
      if (!next.delete(node.span.spanId)) next.add(node.span.spanId);
      fold(next);
    },
    [folded, fold],
  );
  const pick = useCallback(
    (node: SpanNode) => {
      setActive(node);
      choose(node);
    },
    [choose],
  );

  const walk = (place: number) => {
    const node = rows[Math.min(rows.length - 1, Math.max(0, place))];
    if (node === undefined) return;
    setActive(node);
    moveTo(rows.indexOf(node), "nearest");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const here = active === null ? -1 : rows.indexOf(active);
    const isFolded = active !== null && folded.has(active.span.spanId);
    const page = Math.max(1, inSight.amount - 2);
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => walk(here + 1),
      ArrowUp: () => walk(here - 1),
      PageDown: () => walk(here + page),
      PageUp: () => walk(here - page),
      Home: () => walk(0),
      End: () => walk(rows.length - 1),
      ArrowRight: () => {
        if (active === null || active.children.length === 0) return;
        if (isFolded) toggle(active);
        else walk(here + 1);
      },
      ArrowLeft: () => {
        if (active === null) return;
        if (active.children.length > 0 && !isFolded) toggle(active);
        else if (active.parent !== null) walk(rows.indexOf(active.parent));
      },
      Enter: () => active !== null && choose(active),
      " ": () => active !== null && choose(active),
      Escape: () => choose(null),
    };
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };

  const first = Math.max(0, inSight.first - beyond);
  const shown = rows.slice(first, inSight.first + inSight.amount + beyond);
  const activeShown = active !== null && shown.includes(active);
  return (
    <div ref={ref} className={styles.scroller}>
      <Scale from={from} to={to} start={tree.start} />
      <div
        role="tree"
        tabIndex={0}
        aria-label="Spans"
        aria-activedescendant={activeShown ? rowId(active) : undefined}
        className={styles.tree}
        style={{ height: rows.length * rowHeight }}
        onKeyDown={onKeyDown}
      >
        {shown.map((node, place) => (
          <SpanRow
            key={node.index}
            id={rowId(node)}
            node={node}
            top={(first + place) * rowHeight}
            height={rowHeight}
            from={from}
            to={to}
            colour={serviceColour(places, node.span.service)}
            stretches={path.get(node)}
            isFolded={folded.has(node.span.spanId)}
            isFound={isFound.has(node)}
            isOpen={node === open}
            isActive={node === active}
            logs={logs?.get(node.span.spanId) ?? 0}
            pick={pick}
            toggle={toggle}
          />
        ))}
      </div>
    </div>
  );
}

const rowId = (node: SpanNode) => `span-${node.index}`;

const ticks = [0, 0.25, 0.5, 0.75, 1] as const;

function Scale({
  from,
  to,
  start,
}: {
  readonly from: number;
  readonly to: number;
  readonly start: number;
}) {
  return (
    <div className={styles.scale} aria-hidden>
      <div className={styles.ticks}>
        {ticks.map((tick) => (
          <span key={tick} style={{ left: `${tick * 100}%` }}>
            {formatQuantity((from - start + tick * (to - from)) / 1e9, "seconds")}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Which rows are in sight of a scrolled element, and how to move there. */
function useRowsInSight(rowHeight: number) {
  const ref = useRef<HTMLDivElement>(null);
  const [inSight, setInSight] = useState({ first: 0, amount: 40 });

  const look = useCallback(() => {
    const element = ref.current;
    if (element === null) return;
    const first = Math.floor(element.scrollTop / rowHeight);
    const amount = Math.ceil(element.clientHeight / rowHeight) + 1;
    setInSight((old) => (old.first === first && old.amount === amount ? old : { first, amount }));
  }, [rowHeight]);

  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    look();
    element.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [look]);

  const moveTo = useCallback(
    (place: number, where: "middle" | "nearest") => {
      const element = ref.current;
      if (element === null) return;
      const top = place * rowHeight;
      const room = element.clientHeight - scaleHeight;
      if (where === "middle") element.scrollTop = top - room / 2;
      else if (top < element.scrollTop) element.scrollTop = top;
      else if (top + rowHeight > element.scrollTop + room)
        element.scrollTop = top + rowHeight - room;
      look();
    },
    [rowHeight, look],
  );

  return { ref, inSight, moveTo };
}
