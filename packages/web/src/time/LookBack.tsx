import { SegmentedControl } from "@mantine/core";
import { daysInUrl, type LookBackChoice } from "./look-back.ts";
import { useAddress } from "../app/use-address.ts";

/** Chooses how many days of the past a screen shows; the choice stands in the address. */
export function LookBack({ choice }: { readonly choice: LookBackChoice }) {
  const [params, setParams] = useAddress();
  return (
    <SegmentedControl
      size="sm"
      aria-label="Look back"
      data={choice.lengths.map(({ days, label }) => ({ value: String(days), label }))}
      value={String(daysInUrl(params, choice))}
      onChange={(days) => setParams({ days })}
    />
  );
}
