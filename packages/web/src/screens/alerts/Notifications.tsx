import type { Notification } from "@seaworthy/contract";
import { IconBell } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { LabelList } from "../../elements/LabelList.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import table from "../../elements/table.module.css";
import { count } from "../../values/quantity.ts";
import styles from "./Notifications.module.css";
import { notificationsQuery } from "./queries.ts";

/** Who was told what, and whether it arrived: the paging chain's own evidence. */
export function Notifications() {
  const { data, error, refetch } = useQuery(notificationsQuery);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={8} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  if (data.notifications.length === 0)
    return (
      <EmptyState title="Nobody has been notified yet" icon={<IconBell size={32} stroke={1.3} />}>
        <p>
          Receivers are set in alertmanager.yml. Until a notification has arrived somewhere, nothing
          proves that the paging chain works.
        </p>
      </EmptyState>
    );
  return (
    <table className={`${table.table} ${styles.notifications}`}>
      <thead>
        <tr>
          <th scope="col">Delivery</th>
          <th scope="col">Receiver</th>
          <th scope="col">About</th>
          <th scope="col" className={table.number}>
            Attempts
          </th>
          <th scope="col" className={table.number}>
            When
          </th>
        </tr>
      </thead>
      <tbody>
        {data.notifications.map((notification) => (
          <Row key={notification.id} notification={notification} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ notification }: { readonly notification: Notification }) {
  const { state, receiver, integration, status, alerts, groupLabels, attempts, error } =
    notification;
  return (
    <tr>
      <td>
        <StateMark state={state} />
      </td>
      <td>
        {receiver} <span className={table.muted}>{integration}</span>
      </td>
      <td>
        <div className={styles.about}>
          <StateMark state={status} word={`${count(alerts, "alert")} ${status}`} />
          <LabelList labels={groupLabels} without={[]} />
        </div>
        {error === null ? null : <p className={styles.error}>{error}</p>}
      </td>
      <td className={table.number}>{attempts}</td>
      <td className={table.number}>
        <Ago at={notification.sentAt ?? notification.decidedAt} />
      </td>
    </tr>
  );
}
