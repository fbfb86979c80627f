import type { ServiceMap } from "@seaworthy/contract";
import { IconCloud, IconDatabase, IconServer2, IconStack2 } from "@tabler/icons-react";
import { useMemo } from "react";
import { formatQuantity } from "../../values/quantity.ts";
import { layOut, type Place } from "./service-map-layout.ts";
import styles from "./ServiceMap.module.css";

const box = { width: 184, height: 58 } as const;
const gap = { x: 118, y: 26 } as const;
const edge = 12;
/** From this share of failed calls on, a call or service is marked. */
const markedShare = 0.01;

interface ServiceMapDrawingProps {
  readonly map: ServiceMap;
  readonly chosen: string | null;
  readonly choose: (service: string | null) => void;
}

const left = ({ column }: Place) => edge + column * (box.width + gap.x);
const top = ({ row }: Place) => edge + row * (box.height + gap.y);

/** Services as boxes, calls as lines from left to right. A service that is chosen keeps its own lines. */
export function ServiceMapDrawing({ map, chosen, choose }: ServiceMapDrawingProps) {
  const places = useMemo(
    () =>
      layOut(
        map.services.map(({ name }) => name),
        map.calls,
      ),
    [map],
  );
  const all = [...places.values()];
  const width = Math.max(...all.map(left)) + box.width + edge;
  // Calls backwards are drawn below everything.
  const height = Math.max(...all.map(top)) + box.height + edge + 30;
  const most = Math.max(1, ...map.calls.map(({ calls }) => calls));
  const isDim = ({ caller, callee }: ServiceMap["calls"][number]) =>
    chosen !== null && caller !== chosen && callee !== chosen;
  return (
    <div className={styles.map} role="group" aria-label="Service map">
      <div className={styles.drawing} style={{ width, height }}>
        <svg width={width} height={height} aria-hidden>
          <defs>
            {(["plain", "bad"] as const).map((kind) => (
              <marker
                key={kind}
                id={`arrow-${kind}`}
                viewBox="0 0 8 8"
                refX={7}
                refY={4}
                markerWidth={8}
                markerHeight={8}
                markerUnits="userSpaceOnUse"
                orient="auto"
              >
                <path d="M0 0 8 4 0 8z" className={styles.arrow} data-kind={kind} />
              </marker>
            ))}
          </defs>
          {map.calls.map((call) => {
            const from = places.get(call.caller);
            const to = places.get(call.callee);
            if (from === undefined || to === undefined || isDim(call)) return null;
            const kind = call.errors / call.calls >= markedShare ? "bad" : "plain";
            return (
              <path
                key={`${call.caller} ${call.callee}`}
                className={styles.call}
                data-kind={kind}
                d={lineOf(from, to, height)}
                strokeWidth={1 + 2.5 * (Math.log1p(call.calls) / Math.log1p(most))}
                markerEnd={`url(#arrow-${kind})`}
              />
            );
          })}
        </svg>
        {map.calls.map((call) => {
          const from = places.get(call.caller);
          const to = places.get(call.callee);
          if (from === undefined || to === undefined || isDim(call)) return null;
          const share = call.errors / call.calls;
          const at = labelAt(from, to, height);
          return (
            <span
              key={`${call.caller} ${call.callee}`}
              className={styles.label}
              style={{ left: at.x, top: at.y }}
              title={`${call.caller} calls ${call.callee}: p95 ${formatQuantity(call.p95Ns / 1e9, "seconds")}`}
              aria-hidden
            >
              {formatQuantity(call.calls / map.seconds, "perSecond")}
              {share < markedShare ? null : (
                <b className={styles.failed}> ✕ {formatQuantity(share, "share")}</b>
              )}
            </span>
          );
        })}
        {map.services.map((service) => {
          const place = places.get(service.name);
          return place === undefined ? null : (
            <Box
              key={service.name}
              service={service}
              seconds={map.seconds}
              place={place}
              isChosen={service.name === chosen}
              choose={() => choose(service.name === chosen ? null : service.name)}
            />
          );
        })}
      </div>
    </div>
  );
}

const icons = {
  service: IconServer2,
  database: IconDatabase,
  queue: IconStack2,
  outside: IconCloud,
} as const;

interface BoxProps {
  readonly service: ServiceMap["services"][number];
  readonly seconds: number;
  readonly place: Place;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function Box({ service, seconds, place, isChosen, choose }: BoxProps) {
  const share = service.errors / Math.max(1, service.calls);
  const Icon = icons[service.kind];
  return (
    <button
      type="button"
      className={styles.service}
      aria-pressed={isChosen}
      data-bad={share >= markedShare || undefined}
      style={{ left: left(place), top: top(place), width: box.width, height: box.height }}
      onClick={choose}
    >
      <span className={styles.name}>
        <Icon size={15} stroke={1.6} aria-hidden />
        <span>{service.name}</span>
      </span>
      <span className={styles.figures}>
        {formatQuantity(service.calls / seconds, "perSecond")} ·{" "}
        {formatQuantity(service.p95Ns / 1e9, "seconds")}
        {share < markedShare ? null : (
          <b className={styles.failed}> ✕ {formatQuantity(share, "share")}</b>
        )}
      </span>
    </button>
  );
}

/** From the right side of the caller to the left side of the called; backwards around below. */
function lineOf(from: Place, to: Place, height: number): string {
  const x1 = left(from) + box.width;
  const y1 = top(from) + box.height / 2;
  const x2 = left(to);
  const y2 = top(to) + box.height / 2;
  if (to.column > from.column) {
    const bend = Math.min(90, (x2 - x1) / 2);
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 2} ${y2}`;
  }
  const low = height - 8;
  return `M${x1} ${y1}C${x1 + 60} ${y1} ${x1 + 60} ${low} ${x1} ${low}L${x2} ${low}C${x2 - 60} ${low} ${x2 - 60} ${y2} ${x2 - 2} ${y2}`;
}

/** Labels stand before the called: where lines part, they would cover each other. */
function labelAt(
  from: Place,
  to: Place,
  height: number,
): { readonly x: number; readonly y: number } {
  if (to.column <= from.column)
    return { x: (left(from) + box.width + left(to)) / 2, y: height - 8 };
  const y1 = top(from) + box.height / 2;
  const y2 = top(to) + box.height / 2;
  // Two thirds of the way along the last gap.
  const isNear = to.column === from.column + 1;
  return { x: left(to) - gap.x * 0.42, y: isNear ? y2 + (y1 - y2) * 0.3 : y2 + (y1 - y2) * 0.08 };
}
