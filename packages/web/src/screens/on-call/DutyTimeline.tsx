import type { Duty, User } from "@seaworthy/contract";
import { useMemo, type CSSProperties } from "react";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatInstant } from "../../values/instant.ts";
import styles from "./DutyTimeline.module.css";

const day = 86_400_000;

interface DutyTimelineProps {
  /** Rows from above to below: each a name with its duties. */
  readonly rows: readonly { readonly name: string; readonly duties: readonly Duty[] }[];
  readonly people: readonly Pick<User, "id" | "name">[];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

/** Who is on duty when, a day in each column. What the colours say stands in words in each bar. */
export function DutyTimeline({ rows, people, from, to, now }: DutyTimelineProps) {
  const { zone } = useTimeRange();
  const days = useMemo(() => daysBetween(from, to), [from, to]);
  const names = new Map(people.map(({ id, name }) => [id, name]));
  const colours = new Map(people.map(({ id }, place) => [id, (place % 8) + 1]));
  const percent = (at: number) =>
    `${((Math.min(Math.max(at, from), to) - from) / (to - from)) * 100}%`;
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label="Who is on duty when">
      <div className={styles.timeline}>
        <div className={styles.days} aria-hidden>
          {days.map((at) => (
            <span key={at} className={styles.day} style={{ left: percent(at) }}>
              {dayName(at, zone)}
            </span>
          ))}
        </div>
        {rows.map(({ name, duties }, place) => (
          <div key={`${place} ${name}`} className={styles.row}>
            <span className={styles.name}>{name}</span>
            <ol className={styles.track} aria-label={name}>
              {duties.map((duty) => {
                const [start, end] = [Date.parse(duty.from), Date.parse(duty.to)];
                const who = names.get(duty.personId) ?? "Somebody";
                const times = `${formatInstant(start, zone)} to ${formatInstant(end, zone)}`;
                const style: CSSProperties & Record<"--who", string> = {
                  left: percent(start),
                  width: `calc(${percent(end)} - ${percent(start)})`,
                  "--who": `var(--series-${colours.get(duty.personId) ?? "rest"})`,
                };
                return (
                  <li
                    key={`${duty.from} ${duty.layer} ${duty.override}`}
                    className={styles.duty}
                    data-override={duty.override === null ? undefined : true}
                    style={style}
                    title={`${who}: ${times}${duty.override === null ? "" : " (override)"}`}
                  >
                    <span className={styles.who}>{who}</span>
                    <span className="visually-hidden">{times}</span>
                  </li>
                );
              })}
            </ol>
          </div>
        ))}
        <div className={styles.over} aria-hidden>
          {days.map((at) => (
            <span key={at} className={styles.line} style={{ left: percent(at) }} />
          ))}
          {now >= from && now < to ? (
            <span className={styles.now} style={{ left: percent(now) }} />
          ) : null}
        </div>
      </div>
    </div>
  );
}

/** Midnights of this device's days; a day has 23 or 25 hours twice a year. */
function daysBetween(from: number, to: number): number[] {
  const midnights: number[] = [];
  const at = new Date(from);
  at.setHours(0, 0, 0, 0);
  for (; at.getTime() < to && midnights.length < 60; at.setDate(at.getDate() + 1)) {
    if (at.getTime() >= from - day / 2) midnights.push(Math.max(at.getTime(), from));
  }
  return midnights;
}

const dayName = (at: number, zone: "utc" | "local") =>
  new Date(at).toLocaleDateString("en-GB", {
    weekday: "short",
    day: "numeric",
    ...(zone === "utc" ? { timeZone: "UTC" } : {}),
  });
