import { Button } from "@mantine/core";
import { IconBellPlus } from "@tabler/icons-react";
import { paths } from "../../app/paths.ts";
import { Graph } from "../../charts/Graph.tsx";
import { useMovingSpan } from "../../charts/use-moving-span.ts";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import styles from "./Logs.module.css";
import { useAddress } from "../../app/use-address.ts";

/** A query that gives figures: over time, and a step away from being an alert rule. */
export function LogGraph({ query }: { readonly query: string }) {
  const { range } = useTimeRange();
  const { span, step } = useMovingSpan(range);
  const [params, setParams] = useAddress();
  return (
    <>
      <div className={styles.next}>
        <Button
          component={ScreenLink}
          to={paths.newRule(query, "logql")}
          keepRange={false}
          variant="subtle"
          size="compact-sm"
          leftSection={<IconBellPlus size={15} stroke={1.7} aria-hidden />}
        >
          Make it an alert rule
        </Button>
      </div>
      <Graph
        expressions={[query]}
        language="logql"
        span={span}
        step={step}
        height={360}
        only={params.get("only")}
        onOnly={(key) => setParams({ only: key })}
      />
    </>
  );
}
