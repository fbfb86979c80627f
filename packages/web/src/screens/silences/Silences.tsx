import { Button } from "@mantine/core";
import { IconBellOff, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Silence } from "../../api/alertmanager.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { formatMatcher } from "./matchers.ts";
import { silencesQuery, useExpireSilence } from "./queries.ts";
import { SilenceForm } from "./SilenceForm.tsx";
import styles from "./Silences.module.css";

/** As many that have ended as are worth looking at. */
const MOST_ENDED = 20;

/** Who wanted quiet, about what, until when, and why. */
export function Silences() {
  const { data, error, refetch } = useQuery(silencesQuery);
  const [copied, setCopied] = useState<Pick<Silence, "matchers" | "comment"> | null>(null);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={4} height={64} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  const create = (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => setCopied({ matchers: [], comment: "" })}
    >
      New silence
    </Button>
  );
  const lasting = data.filter(({ status }) => status.state !== "expired");
  const ended = data.filter(({ status }) => status.state === "expired").slice(0, MOST_ENDED);
  return (
    <>
      {data.length === 0 ? (
        <EmptyState title="Nothing is silenced" icon={<IconBellOff size={32} stroke={1.3} />}>
          <p>
            A silence keeps alerts from paging anybody for a while: during planned work, or while
            somebody is on it already. An open alert has a button for it.
          </p>
          {create}
        </EmptyState>
      ) : (
        <div className={styles.bar}>{create}</div>
      )}
      <Section title="Silent now or soon" silences={lasting} copy={setCopied} />
      <Section title="Ended" silences={ended} copy={setCopied} />
      {copied === null ? null : (
        <SilenceForm
          matchers={copied.matchers}
          reason={copied.comment}
          close={() => setCopied(null)}
        />
      )}
    </>
  );
}

interface SectionProps {
  readonly title: string;
  readonly silences: readonly Silence[];
  readonly copy: (silence: Silence) => void;
}

function Section({ title, silences, copy }: SectionProps) {
  if (silences.length === 0) return null;
  return (
    <section aria-label={title}>
      <SectionHeading title={title} note={silences.length} />
      <ul className={styles.list}>
        {silences.map((silence) => (
          <Row key={silence.id} silence={silence} copy={() => copy(silence)} />
        ))}
      </ul>
    </section>
  );
}

const words = { active: "Silent", pending: "Planned", expired: "Ended" } as const;

function Row({ silence, copy }: { readonly silence: Silence; readonly copy: () => void }) {
  const expire = useExpireSilence();
  const { state } = silence.status;
  return (
    <li className={styles.silence}>
      <StateMark
        state={state === "expired" ? "inactive" : state === "pending" ? "waiting" : "silenced"}
        word={words[state]}
      />
      <div className={styles.what}>
        <p className={styles.comment}>{silence.comment}</p>
        <p className={styles.code}>{silence.matchers.map(formatMatcher).join("  ")}</p>
        <p className={styles.who}>
          {silence.createdBy} ·{" "}
          {state === "pending" ? (
            <>
              begins <Ago at={silence.startsAt} />, ends <Ago at={silence.endsAt} />
            </>
          ) : (
            <>
              {state === "expired" ? "ended" : "ends"} <Ago at={silence.endsAt} />
            </>
          )}
        </p>
      </div>
      {state === "expired" ? (
        <Button variant="subtle" size="compact-sm" onClick={copy}>
          Silence again
        </Button>
      ) : (
        <Button
          variant="subtle"
          size="compact-sm"
          loading={expire.isPending}
          onClick={() => expire.mutate(silence)}
        >
          End now
        </Button>
      )}
    </li>
  );
}
