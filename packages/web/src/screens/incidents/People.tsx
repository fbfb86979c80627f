import {
  assignRole,
  subscribeToIncident,
  unsubscribeFromIncident,
  type Incident,
  type IncidentRole,
} from "@seaworthy/contract";
import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useUser } from "../../api/session.ts";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { peopleQuery } from "../on-call/queries.ts";
import styles from "./Work.module.css";
import { useIncidentCommand } from "./queries.ts";

const roles: readonly (readonly [IncidentRole, string])[] = [
  ["commander", "Commander"],
  ["communications", "Communications"],
  ["scribe", "Scribe"],
];

/** Who does what, and who is kept informed. */
export function People({ incident }: { readonly incident: Incident }) {
  const me = useUser();
  const people = useQuery(peopleQuery).data?.people ?? [];
  const assign = useIncidentCommand(assignRole, "The role was not given");
  const subscribe = useIncidentCommand(subscribeToIncident, "You are not kept informed");
  const unsubscribe = useIncidentCommand(unsubscribeFromIncident, "You are still kept informed");
  const canAct = me !== null && me.role !== "viewer";
  const { id } = incident;
  const isTold = incident.subscribers.some((each) => each.id === me?.id);
  const toggle = isTold ? unsubscribe : subscribe;
  const told = incident.subscribers.map(({ name }) => name).join(", ");
  return (
    <section aria-label="People" className={styles.section}>
      <SectionHeading title="People">
        {canAct ? (
          <Button
            size="xs"
            variant="default"
            loading={toggle.isPending}
            onClick={() =>
              isTold
                ? unsubscribe.mutate({ params: { id } })
                : subscribe.mutate({ params: { id }, body: {} })
            }
          >
            {isTold ? "Unsubscribe" : "Subscribe"}
          </Button>
        ) : null}
      </SectionHeading>
      <div className={styles.roles}>
        {roles.map(([role, label]) => {
          const holder = incident.roles.find((each) => each.role === role)?.person;
          if (!canAct)
            return (
              <p key={role}>
                {label}: {holder?.name ?? "nobody"}
              </p>
            );
          const known = holder === undefined || people.some((each) => each.id === holder.id);
          return (
            <NativeSelect
              key={role}
              label={label}
              size="xs"
              value={holder?.id ?? ""}
              disabled={assign.isPending}
              onChange={(event) =>
                assign.mutate({
                  params: { id, role },
                  body: {
                    person: event.currentTarget.value === "" ? null : event.currentTarget.value,
                  },
                })
              }
              data={[
                { value: "", label: "Nobody" },
                ...(known ? [] : [{ value: holder.id, label: holder.name }]),
                ...people.map((each) => ({
                  value: each.id,
                  label: each.id === me.id ? `${each.name} (you)` : each.name,
                })),
              ]}
            />
          );
        })}
      </div>
      {told === "" ? null : (
        <p className={styles.muted}>
          Kept informed: {told}. In few messages by e-mail, Slack or webhook, as each has set for
          P3; whoever acts or is paged is subscribed.
        </p>
      )}
    </section>
  );
}
