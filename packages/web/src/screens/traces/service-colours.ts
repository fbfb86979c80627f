import type { TraceTree } from "./trace-tree.ts";
import { lineColour } from "../../charts/palette.ts";

/** The place of a service's colour: the first eight that come in the trace have one of their own. */
export function colourPlaces({ services }: TraceTree): ReadonlyMap<string, number> {
  return new Map(services.map((service, place) => [service, place]));
}

export function serviceColour(places: ReadonlyMap<string, number>, service: string): string {
  return lineColour(places.get(service) ?? 8);
}
