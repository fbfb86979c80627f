import type { Noise } from "@seaworthy/contract";
import { count } from "../../values/quantity.ts";

const names: Readonly<Record<number, string>> = { 1: "day", 7: "week", 30: "month" };

/** What the alerts cost, in one sentence. */
export function costOf({ pages, actedOn }: Pick<Noise, "pages" | "actedOn">, days: number): string {
  const lately = `in the last ${names[days] ?? `${days} days`}`;
  if (pages === 0) return `Nobody was paged ${lately}`;
  const acted =
    actedOn === 0
      ? "none was acted on"
      : actedOn === pages
        ? pages === 1
          ? "it was acted on"
          : "all were acted on"
        : `${actedOn} of them ${actedOn === 1 ? "was" : "were"} acted on`;
  return `${count(pages, "page")} ${lately}; ${acted}`;
}
