import { useState } from "react";

/**
 * Sorts items, but while the list is being read keeps the order it had: what arrives new goes last.
 * Nothing moves under the pointer.
 */
export function useSteadyOrder<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  compare: (a: Item, b: Item) => number,
  isRead: boolean,
): readonly Item[] {
  const [order, setOrder] = useState<readonly string[]>([]);
  const place = new Map(order.map((key, index) => [key, index]));
  const placeOf = (item: Item) => place.get(keyOf(item)) ?? order.length;
  const sorted = [...items].sort(isRead ? (a, b) => placeOf(a) - placeOf(b) : compare);
  const now = sorted.map(keyOf);
  if (now.join("\n") !== order.join("\n")) setOrder(now);
  return sorted;
}
