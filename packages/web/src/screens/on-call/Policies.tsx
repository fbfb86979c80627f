import { Button } from "@mantine/core";
import { IconPlus, IconStairs } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useUser } from "../../api/session.ts";
import { paths } from "../../app/paths.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import styles from "./OnCall.module.css";
import { scopeInWords, stepsInWords, targetName } from "./policy-words.ts";
import { peopleQuery, policiesQuery, schedulesQuery } from "./queries.ts";

/** Who is paged about which incidents, one step after the other. */
export function Policies() {
  const { data, error, refetch } = useQuery(policiesQuery);
  const { data: schedules } = useQuery(schedulesQuery);
  const { data: people } = useQuery(peopleQuery);
  const canChange = useUser()?.role !== "viewer";
  if (data === undefined || schedules === undefined || people === undefined)
    return error === null ? (
      <RowsSkeleton rows={5} height={56} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  const make = (
    <Button
      component={ScreenLink}
      to={paths.newPolicy()}
      className={styles.primary ?? ""}
      leftSection={<IconPlus size={16} stroke={1.7} aria-hidden />}
    >
      Make a policy
    </Button>
  );
  if (data.policies.length === 0)
    return (
      <EmptyState title="Incidents page nobody yet" icon={<IconStairs size={32} stroke={1.3} />}>
        <p>
          Receivers of alertmanager.yml are told of alerts. A policy pages people about an incident,
          and the next ones while nobody answers.
        </p>
        {canChange ? make : null}
      </EmptyState>
    );
  return (
    <>
      {canChange ? <div className={styles.bar}>{make}</div> : null}
      {data.policies.map((policy) => (
        <section
          key={policy.id}
          className={styles.section}
          aria-label={`Escalation policy ${policy.name}`}
        >
          <SectionHeading title={policy.name} note={scopeInWords(policy)}>
            {canChange ? (
              <Button
                size="xs"
                variant="default"
                component={ScreenLink}
                to={paths.policy(policy.id)}
                aria-label={`Change ${policy.name}`}
              >
                Change
              </Button>
            ) : null}
          </SectionHeading>
          <ol className={styles.steps}>
            {stepsInWords(policy, (target) =>
              targetName(target, schedules.schedules, people.people),
            ).map((sentence, place) => (
              <li key={`${place} ${sentence}`}>{sentence}</li>
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}
