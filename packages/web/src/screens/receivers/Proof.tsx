import type { Watchdog } from "@seaworthy/contract";
import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Ago } from "../../elements/Ago.tsx";
import { Command } from "../../elements/Command.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { StateMark, type State } from "../../elements/StateMark.tsx";
import { useNow } from "../../time/use-now.ts";
import { proofOf } from "./health.ts";
import { watchdogQuery } from "./queries.ts";
import styles from "./Receivers.module.css";

const sample = `# in seaworthy.yml
notifications:
  heartbeat:
    url: https://heartbeats.example.org/your-check`;

const states: Readonly<
  Record<ReturnType<typeof proofOf>["verdict"], readonly [state: State, word: string]>
> = {
  proven: ["up", "Proven"],
  half: ["pending", "Half proven"],
  stale: ["failed", "Not proven"],
  failed: ["failed", "Not proven"],
  never: ["failed", "Not proven"],
};

/** The dead man's switch: when the paging chain was last proven, and what is missing for a proof. */
export function Proof() {
  const { data, error, refetch } = useQuery(watchdogQuery);
  const now = useNow(5000);
  if (data === undefined)
    return error === null ? (
      <Skeleton height={72} radius={8} aria-busy="true" />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  const { verdict } = proofOf(data, now);
  const [state, word] = states[verdict];
  return (
    <section aria-label="Dead man's switch" className={styles.proof} data-verdict={verdict}>
      <StateMark state={state} word={word} />
      <div className={styles.told}>
        <p>{told(verdict, data)}</p>
        {verdict === "half" ? <Command label="Heartbeat" text={sample} /> : null}
      </div>
    </section>
  );
}

function told(
  verdict: ReturnType<typeof proofOf>["verdict"],
  { seenAt, heartbeat }: Watchdog,
): ReactNode {
  const seen = seenAt === null ? "never" : <Ago at={seenAt} />;
  const sent = heartbeat.sentAt === null ? "never" : <Ago at={heartbeat.sentAt} />;
  switch (verdict) {
    case "proven":
      return (
        <>
          The alert that always fires came in {seen}, and the address outside was told {sent}. When
          it hears nothing, it raises its own alarm.
        </>
      );
    case "half":
      return (
        <>
          The alert that always fires came in {seen}, but nobody outside would notice if this server
          died. Give a heartbeat service the duty to raise an alarm when the calls stop:
        </>
      );
    case "failed":
      return (
        <>
          The address outside could not be told: {heartbeat.error}. It was last told {sent}. Check
          notifications.heartbeat.url in seaworthy.yml.
        </>
      );
    case "stale":
      return (
        <>
          The alert that always fires came in {seen}, and the address outside was told {sent}. See
          whether the rules are evaluated.
        </>
      );
    case "never":
      return (
        <>
          The alert Watchdog does not fire, so nothing proves that rules are evaluated and alerts
          arrive. Put it back among the rules: it is in content/rules.
        </>
      );
  }
}
