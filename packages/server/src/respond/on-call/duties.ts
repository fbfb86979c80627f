import { Temporal } from "temporal-polyfill";
import type { Duty, DutyOverride, DutyWindow, ScheduleLayer } from "../../model/index.ts";
import { instantOf, localOf } from "../../model/index.ts";

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Who is on duty between two instants: gaps are times without anybody. A later layer takes precedence
 * over an earlier one where both are on duty, an override over all layers, and of two overrides the
 * later in the list. Neighbours with the same person by the same layer or override are one.
 */
export function dutiesOf(
  layers: readonly ScheduleLayer[],
  overrides: readonly DutyOverride[],
  from: number,
  to: number,
): readonly Duty[] {
  let duties: readonly Duty[] = [];
  for (const own of dutiesByLayer(layers, from, to)) duties = overlaid(duties, own);
  for (const { id, personId, ...times } of overrides) {
    const span = overlap(times, { from, to });
    if (span !== undefined)
      duties = overlaid(duties, [{ ...span, personId, by: { override: id } }]);
  }
  return joined(duties, sameSource);
}

/** What each layer says by itself. */
export function dutiesByLayer(
  layers: readonly ScheduleLayer[],
  from: number,
  to: number,
): readonly (readonly Duty[])[] {
  return layers.map((layer, index) =>
    joined(dutiesOfLayer(layer, index, { from, to }), sameSource),
  );
}

/** Neighbours with the same person as one, whichever layer or override they come from. */
export function byPerson(duties: readonly Duty[]): readonly Duty[] {
  return joined(duties, () => true);
}

/** Who is on duty at an instant; undefined when nobody is. */
export function dutyAt(
  layers: readonly ScheduleLayer[],
  overrides: readonly DutyOverride[],
  at: number,
): Duty | undefined {
  return dutiesOf(layers, overrides, at, at + 1)[0];
}

/** In order and without overlaps. */
function dutiesOfLayer(layer: ScheduleLayer, index: number, span: Span): readonly Duty[] {
  const duties: Duty[] = [];
  const windows = windowsOf(layer, span);
  for (const turn of turnsOf(layer, span)) {
    for (const window of windows) {
      const shared = overlap(turn, window);
      if (shared === undefined) continue;
      duties.push({ ...shared, personId: turn.personId, by: { layer: index } });
    }
  }
  return duties;
}

/** The turns that touch the span, cut to it and to the layer's own beginning and end. */
function* turnsOf(layer: ScheduleLayer, span: Span): Generator<Span & { personId: string }> {
  if (layer.people.length === 0) return;
  const { timeZone } = layer;
  const start = Temporal.PlainDateTime.from(layer.startsAt);
  const days = layer.turn.length * (layer.turn.unit === "week" ? 7 : 1);
  const handover = (turn: number) => instantOf(start.add({ days: turn * days }), timeZone);
  const end =
    layer.endsAt === null
      ? Number.POSITIVE_INFINITY
      : instantOf(Temporal.PlainDateTime.from(layer.endsAt), timeZone);
  const whole = overlap(span, { from: handover(0), to: end });
  if (whole === undefined) return;
  const passed = start.until(localOf(whole.from, timeZone), { largestUnit: "days" }).days;
  // The wall clock may be set back across a handover: begin one turn early, and let go of what is over.
  let turn = Math.max(0, Math.floor(passed / days) - 1);
  for (let begins = handover(turn); begins < whole.to; turn += 1) {
    const ends = handover(turn + 1);
    const shared = overlap(whole, { from: begins, to: ends });
    const personId = layer.people[turn % layer.people.length];
    if (shared !== undefined && personId !== undefined) yield { ...shared, personId };
    begins = ends;
  }
}

/** When a layer is on duty within the span: in order, touching ones joined. */
function windowsOf({ windows, timeZone }: ScheduleLayer, span: Span): readonly Span[] {
  if (windows.length === 0) return [span];
  const found: Span[] = [];
  // A window that began the day before may reach into the span.
  let day = localOf(span.from, timeZone).toPlainDate().subtract({ days: 1 });
  const last = localOf(span.to, timeZone).toPlainDate();
  for (; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    for (const window of windows) {
      if (!window.days.includes(day.dayOfWeek)) continue;
      const shared = overlap(spanOf(window, day, timeZone), span);
      if (shared !== undefined) found.push(shared);
    }
  }
  found.sort((a, b) => a.from - b.from);
  const joint: Span[] = [];
  for (const next of found) {
    const last = joint.at(-1);
    if (last === undefined || next.from > last.to) joint.push(next);
    else joint[joint.length - 1] = { from: last.from, to: Math.max(last.to, next.to) };
  }
  return joint;
}

function spanOf({ from, to }: DutyWindow, day: Temporal.PlainDate, timeZone: string): Span {
  const at = (date: Temporal.PlainDate, time: string) =>
    instantOf(date.toPlainDateTime(Temporal.PlainTime.from(time)), timeZone);
  return { from: at(day, from), to: at(to <= from ? day.add({ days: 1 }) : day, to) };
}

function overlap(a: Span, b: Span): Span | undefined {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from < to ? { from, to } : undefined;
}

/** Both lists in order and without overlaps, `over` taking precedence. */
function overlaid(under: readonly Duty[], over: readonly Duty[]): readonly Duty[] {
  if (over.length === 0) return under;
  const seen: Duty[] = [];
  let next = 0;
  for (const duty of under) {
    let { from } = duty;
    while (next > 0 && (over[next - 1]?.to ?? from) > from) next -= 1;
    for (; from < duty.to; next += 1) {
      const cover = over[next];
      if (cover === undefined || cover.from >= duty.to) {
        seen.push({ ...duty, from });
        break;
      }
      if (cover.from > from) seen.push({ ...duty, from, to: cover.from });
      from = Math.max(from, cover.to);
    }
  }
  return [...seen, ...over].sort((a, b) => a.from - b.from);
}

function joined(duties: readonly Duty[], alike: (a: Duty, b: Duty) => boolean): readonly Duty[] {
  const joint: Duty[] = [];
  for (const duty of duties) {
    const last = joint.at(-1);
    if (last?.to === duty.from && last.personId === duty.personId && alike(last, duty)) {
      joint[joint.length - 1] = { ...last, to: duty.to };
    } else joint.push(duty);
  }
  return joint;
}

function sameSource({ by: a }: Duty, { by: b }: Duty): boolean {
  if ("layer" in a) return "layer" in b && a.layer === b.layer;
  return "override" in b && a.override === b.override;
}
