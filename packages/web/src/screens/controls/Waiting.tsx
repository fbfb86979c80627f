import type { ControlledService, ControlRequest } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { useUser } from "../../api/session.ts";
import { Ago } from "../../elements/Ago.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { writeDuration } from "../../values/duration.ts";
import styles from "./Controls.module.css";
import { useApprove, useReject } from "./queries.ts";
import { valueWords } from "./words.ts";

interface WaitingProps {
  readonly services: readonly ControlledService[];
  readonly requests: readonly ControlRequest[];
}

/** What will happen yet: changes that wait for a second person, and times that end. */
export function Waiting({ services, requests }: WaitingProps) {
  const ending = services
    .flatMap(({ controls }) =>
      controls.flatMap(({ expiry, ...control }) => (expiry === null ? [] : [{ control, expiry }])),
    )
    .toSorted((a, b) => (a.expiry.at < b.expiry.at ? -1 : 1));
  if (requests.length + ending.length === 0) return null;
  return (
    <section aria-label="Pending operations">
      <SectionHeading title="Pending operations" />
      <ul className={styles.list}>
        {requests.map((request) => (
          <Request key={request.id} request={request} />
        ))}
        {ending.map(({ control: { service, environment, name }, expiry }) => (
          <li key={JSON.stringify([service, environment, name])} className={styles.item}>
            <div className={styles.what}>
              <span>
                <strong className={styles.name}>{name}</strong> of {service} ({environment}) goes
                back to {valueWords(expiry.value)} <Ago at={expiry.at} />
              </span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Request({ request }: { readonly request: ControlRequest }) {
  const me = useUser();
  const approve = useApprove();
  const reject = useReject();
  const { id, service, environment, name, lastsSeconds } = request;
  const isOwn = me?.email === request.requestedBy;
  const where = `${name} of ${service} in ${environment}`;
  const busy = approve.isPending || reject.isPending;
  return (
    <li className={styles.item}>
      <div className={styles.what}>
        <span>
          <strong className={styles.name}>{name}</strong> of {service} ({environment}) →{" "}
          <strong>{valueWords(request.value)}</strong>
          {lastsSeconds === null ? "" : ` for ${writeDuration(lastsSeconds)}`}: {request.reason}
        </span>
        <span className={styles.muted}>
          Asked for by {request.requestedBy} <Ago at={request.requestedAt} />
          {isOwn ? "; another person has to approve it" : ""}. It lapses{" "}
          <Ago at={request.expiresAt} />.
        </span>
      </div>
      {me === null || me.role === "viewer" ? null : (
        <div className={styles.actions}>
          {isOwn ? null : (
            <Button
              size="xs"
              aria-label={`Approve ${where}`}
              loading={approve.isPending}
              disabled={busy}
              onClick={() => approve.mutate({ params: { id } })}
            >
              Approve
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            aria-label={`${isOwn ? "Withdraw" : "Reject"} ${where}`}
            loading={reject.isPending}
            disabled={busy}
            onClick={() => reject.mutate({ params: { id } })}
          >
            {isOwn ? "Withdraw" : "Reject"}
          </Button>
        </div>
      )}
    </li>
  );
}
