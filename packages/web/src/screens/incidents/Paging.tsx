import { getIncidentPaging, escalateIncident, type Incident } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "../../api/call.ts";
import { pollEvery } from "../../api/live.ts";
import { useUser } from "../../api/session.ts";
import { tell } from "../../app/notices.ts";
import { Ago } from "../../elements/Ago.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import styles from "./Paging.module.css";

const pagingQuery = (id: string) =>
  queryOptions({
    queryKey: ["incidents", "paging", id],
    queryFn: ({ signal }) => call(getIncidentPaging, { params: { id } }, signal),
    refetchInterval: pollEvery(30_000),
  });

const ways = {
  email: "e-mail",
  slack: "Slack",
  webhook: "webhook",
  sms: "text message",
  voice: "telephone",
  push: "notification",
} as const;

/** Who has been paged about the incident, who is next and when; nothing where no policy pages. */
export function Paging({ incident }: { readonly incident: Incident }) {
  const { data } = useQuery(pagingQuery(incident.id));
  const client = useQueryClient();
  const canAct = useUser()?.role !== "viewer";
  const escalate = useMutation({
    mutationFn: () => call(escalateIncident, { params: { id: incident.id } }),
    onSuccess: () => {
      tell("done", "The next ones are being paged");
      return client.invalidateQueries({ queryKey: ["incidents"] });
    },
    onError: (error) => tell("failed", error.message),
  });
  const paging = data?.paging ?? null;
  if (paging === null) return null;
  return (
    <section aria-label="Paging" className={styles.paging}>
      <SectionHeading title="Paging" note={paging.policy}>
        {paging.state === "waiting" && canAct ? (
          <Button
            size="xs"
            variant="default"
            loading={escalate.isPending}
            onClick={() => escalate.mutate()}
          >
            Page the next ones now
          </Button>
        ) : null}
      </SectionHeading>
      <p className={styles.state}>
        {paging.state === "waiting" && paging.nextAt !== null ? (
          <>
            Waiting for an answer; {paging.next} <Ago at={paging.nextAt} />
          </>
        ) : paging.state === "exhausted" ? (
          "Everybody was paged, and nobody has answered"
        ) : (
          `Ended: ${paging.state}`
        )}
      </p>
      <ul>
        {paging.pages.map((page) => (
          <li key={page.id} className={styles.page} data-state={page.state}>
            <span>
              <strong>{page.person}</strong> by {ways[page.kind]}, {page.step}
            </span>
            <span className={styles.when}>
              {page.sentAt === null ? page.state : <Ago at={page.sentAt} />}
            </span>
            {page.error === null ? null : <span className={styles.error}>{page.error}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
