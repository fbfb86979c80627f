import { SegmentedControl } from "@mantine/core";
import { useSearchParams } from "react-router";
import { daysInUrl, type LookBackChoice } from "./look-back.ts";

/** Chooses how many days of the past a screen shows; the choice stands in the address. */
export function LookBack({ choice }: { readonly choice: LookBackChoice }) {
  const [params, setParams] = useSearchParams();
  return (
    <SegmentedControl
      size="sm"
      aria-label="Look back"
      data={choice.lengths.map(({ days, label }) => ({ value: String(days), label }))}
      value={String(daysInUrl(params, choice))}
      onChange={(days) =>
        setParams(
          (old) => {
            const next = new URLSearchParams(old);
            next.set("days", days);
            return next;
          },
          { replace: true, preventScrollReset: true },
        )
      }
    />
  );
}
