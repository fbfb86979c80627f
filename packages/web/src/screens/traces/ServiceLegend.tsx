import { useMemo } from "react";
import { formatQuantity } from "../../values/quantity.ts";
import type { Stretch } from "./critical-path.ts";
import { colourPlaces, serviceColour } from "./service-colours.ts";
import type { SpanNode, TraceTree } from "./trace-tree.ts";
import styles from "./TracePage.module.css";

interface ServiceLegendProps {
  readonly tree: TraceTree;
  readonly path: ReadonlyMap<SpanNode, readonly Stretch[]>;
}

/** Which colour is which service, and how much of the critical path was spent in it. */
export function ServiceLegend({ tree, path }: ServiceLegendProps) {
  const shares = useMemo(() => sharesOf(path), [path]);
  const places = useMemo(() => colourPlaces(tree), [tree]);
  return (
    <ul className={styles.legend} aria-label="Services, and their share of the critical path">
      {tree.services.map((service) => (
        <li key={service} title={`${service}: its share of the critical path`}>
          <i className={styles.swatch} style={{ background: serviceColour(places, service) }} />
          {service}
          <span className={styles.muted}>{formatQuantity(shares.get(service) ?? 0, "share")}</span>
        </li>
      ))}
      <li className={styles.muted}>
        <i className={styles.pathMark} />
        critical path
      </li>
    </ul>
  );
}

function sharesOf(path: ServiceLegendProps["path"]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  let whole = 0;
  for (const [{ span }, stretches] of path) {
    const time = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
    times.set(span.service, (times.get(span.service) ?? 0) + time);
    whole += time;
  }
  return new Map([...times].map(([service, time]) => [service, time / whole]));
}
