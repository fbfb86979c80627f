import type { LookBackChoice } from "../../time/look-back.ts";

/** What can be looked back on: a week, unless another is chosen. */
export const choice: LookBackChoice = {
  lengths: [
    { days: 1, label: "Day" },
    { days: 7, label: "Week" },
    { days: 30, label: "Month" },
  ],
  usual: 7,
};
