import type { ActiveAlert } from "@seaworthy/contract";
import { CloseButton, TextInput } from "@mantine/core";
import { IconBellCheck, IconFilter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { paths } from "../../app/paths.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import styles from "./ActiveAlerts.module.css";
import { ActiveAlertRow } from "./ActiveAlertRow.tsx";
import { matchesFilter } from "./label-filter.ts";
import { alertsQuery } from "./queries.ts";
import { useAddress } from "../../app/use-address.ts";

/** Pending and firing alerts, by rule. The filter and the unfolded alert stand in the URL. */
export function ActiveAlerts() {
  const [params, setParams] = useAddress();
  const filter = params.get("label") ?? "";
  const open = params.get("open");
  const { data, error, refetch } = useQuery(alertsQuery);
  const list = useRowKeys<HTMLDivElement>();
  const shown = useMemo(
    () => (data?.alerts ?? []).filter((alert) => matchesFilter(alert, filter)),
    [data, filter],
  );
  const change = (name: string, value: string | null) => setParams({ [name]: value || null });

  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={6} height={44} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  if (data.alerts.length === 0)
    return (
      <EmptyState
        title="Nothing is pending or firing"
        icon={<IconBellCheck size={32} stroke={1.3} />}
      >
        <p>The rules go on being evaluated. When one holds, it appears here without reload.</p>
        <ScreenLink to={paths.rules()} className="link">
          See the rules
        </ScreenLink>
      </EmptyState>
    );
  return (
    <div ref={list}>
      <TextInput
        aria-label="Filter alerts"
        placeholder="Filter: text, service=shop, severity!=info"
        className={styles.filter}
        leftSection={<IconFilter size={16} stroke={1.6} aria-hidden />}
        rightSection={
          filter === "" ? null : (
            <CloseButton
              size="sm"
              aria-label="Clear the filter"
              onClick={() => change("label", null)}
            />
          )
        }
        value={filter}
        onChange={(event) => change("label", event.currentTarget.value)}
      />
      {shown.length === 0 ? (
        <EmptyState title="No alert matches the filter">
          <p>{data.alerts.length} are pending or firing.</p>
        </EmptyState>
      ) : (
        (["firing", "pending"] as const).map((state) => (
          <AlertSection
            key={state}
            title={state === "firing" ? "Firing" : "Pending"}
            alerts={shown.filter((alert) => alert.state === state)}
            open={open}
            toggle={(fingerprint) => change("open", fingerprint === open ? null : fingerprint)}
            pick={(name, value) => change("label", `${name}=${value}`)}
          />
        ))
      )}
    </div>
  );
}

interface AlertSectionProps {
  readonly title: string;
  readonly alerts: readonly ActiveAlert[];
  readonly open: string | null;
  readonly toggle: (fingerprint: string) => void;
  readonly pick: (name: string, value: string) => void;
}

function AlertSection({ title, alerts, open, toggle, pick }: AlertSectionProps) {
  if (alerts.length === 0) return null;
  return (
    <section aria-label={title}>
      <SectionHeading title={title} note={alerts.length} />
      <div className={styles.list}>
        {alerts.map((alert) => (
          <ActiveAlertRow
            key={alert.fingerprint}
            alert={alert}
            isOpen={alert.fingerprint === open}
            toggle={() => toggle(alert.fingerprint)}
            pick={pick}
          />
        ))}
      </div>
    </section>
  );
}
