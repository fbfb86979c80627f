import type { Receiver, ReceiverIntegration } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconSend, IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Ago } from "../../elements/Ago.tsx";
import { Command } from "../../elements/Command.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import { count } from "../../values/quantity.ts";
import { notificationsQuery } from "../alerts/queries.ts";
import { byUrgency, queueOf, stateOf } from "./health.ts";
import { Proof } from "./Proof.tsx";
import { receiversQuery, useTestReceiver } from "./queries.ts";
import styles from "./Receivers.module.css";

const sample = `receivers:
  - name: page
    slack_configs:
      - api_url_file: slack-webhook-url
        channel: '#incidents'`;

/** Who is told, by what means, and whether that works: tested by a page at any time. */
export function Receivers() {
  const { data, error, refetch } = useQuery(receiversQuery);
  const list = useRowKeys<HTMLDivElement>();
  return (
    <div ref={list}>
      <Proof />
      {data === undefined ? (
        error === null ? (
          <RowsSkeleton rows={6} height={56} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )
      ) : (
        <List receivers={data.receivers} />
      )}
    </div>
  );
}

function List({ receivers }: { readonly receivers: readonly Receiver[] }) {
  const reached = receivers.filter(({ integrations }) => integrations.length > 0);
  const silent = receivers.filter(({ integrations }) => integrations.length === 0);
  return (
    <>
      {reached.length > 0 ? null : (
        <EmptyState title="Nobody is told of anything" icon={<IconUsers size={32} stroke={1.3} />}>
          <p>
            {receivers.length === 0
              ? "alertmanager.yml names no receivers."
              : "The receivers of alertmanager.yml have no way to reach anybody."}{" "}
            Give one an integration, have the file read again, and send it a test page.
          </p>
          <Command label="Receiver" text={sample} />
        </EmptyState>
      )}
      {byUrgency(reached).map((receiver) => (
        <ReceiverSection key={receiver.name} receiver={receiver} />
      ))}
      {silent.length === 0 ? null : (
        <section aria-label="Receivers that tell nobody">
          <SectionHeading title="Tell nobody" note="no integration" />
          <p className={styles.quiet}>{silent.map(({ name }) => name).join(", ")}</p>
        </section>
      )}
    </>
  );
}

function ReceiverSection({ receiver }: { readonly receiver: Receiver }) {
  const { name, integrations } = receiver;
  const test = useTestReceiver();
  const { data: log } = useQuery(notificationsQuery);
  return (
    <section aria-label={`Receiver ${name}`}>
      <SectionHeading title={name} note={count(integrations.length, "integration")}>
        <Button
          size="xs"
          variant="default"
          data-row
          aria-label={`Send a test page to ${name}`}
          leftSection={<IconSend size={15} stroke={1.7} aria-hidden />}
          loading={test.isPending}
          onClick={() => test.mutate(name)}
        >
          Send a test page
        </Button>
      </SectionHeading>
      {test.error === null ? null : (
        <ErrorState error={test.error} retry={() => test.mutate(name)} />
      )}
      <ul className={styles.integrations}>
        {integrations.map((integration) => {
          const { integration: kind, index } = integration;
          return (
            <Integration
              key={`${kind} ${index}`}
              integration={integration}
              queue={queueOf(log?.notifications ?? [], name, kind)}
              tested={test.data?.results.find(
                (result) => result.integration === kind && result.index === index,
              )}
            />
          );
        })}
      </ul>
    </section>
  );
}

interface IntegrationProps {
  readonly integration: ReceiverIntegration;
  readonly queue: ReturnType<typeof queueOf>;
  /** What became of the test page that was sent from here. */
  readonly tested: { readonly error: string | null } | undefined;
}

const words = { up: "Works", failed: "Failing", unknown: "Not used yet" } as const;

function Integration({ integration, queue, tested }: IntegrationProps) {
  const { integration: kind, index, succeededAt, failedAt, error, testedAt } = integration;
  const state = stateOf(integration);
  return (
    <li className={styles.integration}>
      <span className={styles.state}>
        <StateMark state={state} word={words[state]} />
      </span>
      <span className={styles.kind}>
        {kind}
        {index === 0 ? null : <span className={styles.muted}> #{index + 1}</span>}
      </span>
      <span className={styles.facts}>
        <span className={styles.muted}>
          {succeededAt === null ? (
            "never delivered"
          ) : (
            <>
              delivered <Ago at={succeededAt} />
            </>
          )}
        </span>
        <span className={styles.muted}>
          {failedAt === null ? (
            "never failed"
          ) : (
            <>
              failed <Ago at={failedAt} />
            </>
          )}
        </span>
        <span className={styles.muted}>
          {testedAt === null ? (
            "not tested"
          ) : (
            <>
              tested <Ago at={testedAt} />
            </>
          )}
        </span>
      </span>
      {queue.waiting === 0 ? null : (
        <p className={styles.more}>
          <StateMark
            state="waiting"
            word={`${count(queue.waiting, "notification")} waiting, ${count(queue.attempts, "attempt")} so far`}
          />
        </p>
      )}
      {error === null ? null : <p className={styles.error}>{error}</p>}
      {tested === undefined ? null : (
        <p className={styles.more} role="status">
          {tested.error === null ? (
            <StateMark state="sent" word="The test page was delivered" />
          ) : (
            <StateMark state="failed" word="The test page was not delivered" />
          )}
        </p>
      )}
    </li>
  );
}
