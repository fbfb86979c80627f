import { expect, it } from "vitest";
import { costOf } from "./noise-words.ts";

it.each([
  [0, 0, 7, "Nobody was paged in the last week"],
  [1, 0, 7, "1 page in the last week; none was acted on"],
  [1, 1, 1, "1 page in the last day; it was acted on"],
  [12, 1, 30, "12 pages in the last month; 1 of them was acted on"],
  [12, 5, 30, "12 pages in the last month; 5 of them were acted on"],
  [12, 12, 2, "12 pages in the last 2 days; all were acted on"],
])("%i pages, %i acted on in %i days", (pages, actedOn, days, sentence) => {
  expect(costOf({ pages, actedOn }, days)).toBe(sentence);
});
