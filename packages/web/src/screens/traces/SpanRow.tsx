import { IconChevronDown, IconChevronRight, IconFileText } from "@tabler/icons-react";
import { memo } from "react";
import { StateShape } from "../../elements/StateMark.tsx";
import { formatQuantity } from "../../values/quantity.ts";
import type { Stretch } from "./critical-path.ts";
import type { SpanNode } from "./trace-tree.ts";
import styles from "./Waterfall.module.css";

/** Deeper spans are not set in further: their names need the room. */
const deepest = 16;

interface SpanRowProps {
  readonly id: string;
  readonly node: SpanNode;
  readonly top: number;
  readonly height: number;
  /** The time that is shown. */
  readonly from: number;
  readonly to: number;
  readonly colour: string;
  readonly stretches: readonly Stretch[] | undefined;
  readonly isFolded: boolean;
  readonly isFound: boolean;
  readonly isOpen: boolean;
  readonly isActive: boolean;
  /** Log lines of it. */
  readonly logs: number;
  readonly pick: (node: SpanNode) => void;
  readonly toggle: (node: SpanNode) => void;
}

/** A span: its name in its place in the tree, and its bar in time. */
export const SpanRow = memo(function SpanRow(props: SpanRowProps) {
  const { node, isFolded, logs, pick, toggle } = props;
  const { span, parent, children } = node;
  const failed = span.status === "error";
  const failedBelow = isFolded && node.failedBelow > 0;
  const took = formatQuantity((node.end - node.start) / 1e9, "seconds");
  const Chevron = isFolded ? IconChevronRight : IconChevronDown;
  return (
    // The keyboard is the tree's: see Waterfall.
    <div
      id={props.id}
      role="treeitem"
      aria-level={node.depth + 1}
      aria-selected={props.isOpen}
      aria-expanded={children.length === 0 ? undefined : !isFolded}
      className={styles.row}
      data-found={props.isFound || undefined}
      data-active={props.isActive || undefined}
      style={{ top: props.top, height: props.height }}
      onClick={() => pick(node)}
    >
      <div
        className={styles.name}
        style={{ paddingLeft: `calc(${Math.min(node.depth, deepest)} * var(--indent))` }}
      >
        <span
          className={styles.fold}
          onClick={(event) => {
            if (children.length === 0) return;
            event.stopPropagation();
            toggle(node);
          }}
        >
          {children.length === 0 ? null : <Chevron size={14} aria-hidden />}
        </span>
        <i className={styles.swatch} style={{ background: props.colour }} />
        {failed || failedBelow ? (
          <span className={styles.mark} title={failed ? "Failed" : "Failed spans below"}>
            <StateShape state={failed ? "failed" : "unknown"} size={12} />
            <span className="visually-hidden">{failed ? "Failed" : "Failed spans below"} </span>
          </span>
        ) : null}
        <span
          className={parent?.span.service === span.service ? "visually-hidden" : styles.service}
        >
          {span.service}
        </span>{" "}
        <span className={styles.operation}>{span.name}</span>
        {isFolded ? <span className={styles.below}>+{node.below}</span> : null}
        {logs === 0 ? null : (
          <span className={styles.mark} title={`${logs} log lines`}>
            <IconFileText size={13} stroke={1.6} aria-hidden />
          </span>
        )}
      </div>
      <Track {...props} took={took} />
    </div>
  );
});

/** Percent of the time that is shown; what is far outside is cut off. */
function placeIn(at: number, from: number, to: number): number {
  return Math.min(105, Math.max(-5, ((at - from) / (to - from)) * 100));
}

function Track({
  node,
  from,
  to,
  colour,
  stretches,
  took,
}: SpanRowProps & { readonly took: string }) {
  const left = placeIn(node.start, from, to);
  const right = placeIn(node.end, from, to);
  const isOutside = right < 0 || left > 100;
  // Beside the bar where there is room, else on it.
  const label =
    right < 86
      ? { left: `calc(${Math.max(0, right)}% + 6px)` }
      : left > 14
        ? { right: `calc(${100 - Math.min(100, left)}% + 6px)` }
        : { right: 6 };
  return (
    <div className={styles.track}>
      {isOutside ? null : (
        <i
          className={styles.bar}
          style={{ left: `${left}%`, width: `${right - left}%`, background: colour }}
        />
      )}
      {stretches?.map((stretch) => {
        const start = placeIn(stretch.from, from, to);
        const width = placeIn(stretch.to, from, to) - start;
        return width <= 0 ? null : (
          <i
            key={stretch.from}
            className={styles.critical}
            style={{ left: `${start}%`, width: `${width}%` }}
          />
        );
      })}
      <span className={styles.took} style={label}>
        {took}
      </span>
    </div>
  );
}
