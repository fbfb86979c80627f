import type { ScheduleDraft, ScheduleLayer } from "@seaworthy/contract";

/** A layer while it is written; the key tells it from others with the same name. */
export type LayerDraft = ScheduleLayer & { readonly key: string };

/** The layer as it is sent. */
export function layerOf(draft: LayerDraft): ScheduleLayer {
  const { name, timeZone, people, startsAt, endsAt, turn, windows } = draft;
  return { name, timeZone, people, startsAt, endsAt, turn, windows };
}

/** A layer to begin with: weekly turns from last Monday at 9:00 on. */
export function newLayer(name: string, timeZone: string, now = new Date()): LayerDraft {
  const monday = new Date(now);
  monday.setDate(monday.getDate() - ((monday.getDay() + 6) % 7));
  const two = (value: number) => String(value).padStart(2, "0");
  return {
    key: crypto.randomUUID(),
    name,
    timeZone,
    people: [],
    startsAt: `${monday.getFullYear()}-${two(monday.getMonth() + 1)}-${two(monday.getDate())}T09:00`,
    endsAt: null,
    turn: { unit: "week", length: 1 },
    windows: [],
  };
}

/** What is still missing before the schedule can be saved; undefined when nothing is. */
export function faultOf(
  draft: ScheduleDraft,
): { readonly field: "name" | "layers"; readonly reason: string } | undefined {
  for (const layer of draft.layers) {
    const which = layer.name.trim() === "" ? "A layer" : `"${layer.name}"`;
    const fault = layerFault(layer);
    if (fault !== undefined) return { field: "layers", reason: `${which} ${fault}` };
  }
  return draft.name === "" ? { field: "name", reason: "Give the schedule a name." } : undefined;
}

function layerFault({ name, people, startsAt, turn, windows }: ScheduleLayer): string | undefined {
  if (name.trim() === "") return "needs a name.";
  if (people.length === 0) return "needs somebody to take turns.";
  if (startsAt === "") return "needs the time of its first handover.";
  if (!Number.isInteger(turn.length) || turn.length < 1 || turn.length > 52)
    return "needs turns of 1 to 52 days or weeks.";
  if (windows.some(({ days, from, to }) => days.length === 0 || from === "" || to === ""))
    return "needs days and times for each of its windows.";
  return undefined;
}
