import type { IncidentSummary } from "@seaworthy/contract";
import { Button, SegmentedControl } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearchParams } from "react-router";
import { Page } from "../../app/Page.tsx";
import { paths, withSharedParameters } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SeverityMark } from "../../elements/SeverityMark.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { useRowKeys } from "../../elements/use-row-keys.ts";
import { count } from "../../values/quantity.ts";
import styles from "./IncidentList.module.css";
import { lifespan } from "./lifespan.ts";
import { OpenButton } from "./OpenButton.tsx";
import { ownerOf } from "./owner.ts";
import { incidentPagesQuery, type StateFilter } from "./queries.ts";
import { stateFilterOf } from "./state-filter.ts";

const filters: { value: StateFilter; label: string }[] = [
  { value: "open", label: "Open" },
  { value: "resolved", label: "Resolved" },
  { value: "all", label: "All" },
];

/** All incidents, newest first; j and k walk through them, Enter opens. */
export function IncidentList() {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const filter = stateFilterOf(params);
  return (
    <Page
      title="Incidents"
      actions={
        <>
          <ScreenLink to={paths.incidentFigures()} keepRange={false} className={styles.figures}>
            Figures
          </ScreenLink>
          <OpenButton />
          <SegmentedControl
            size="sm"
            aria-label="Show"
            data={filters}
            value={filter}
            onChange={(value) =>
              void navigate(withSharedParameters(paths.incidents(value), params), {
                replace: true,
              })
            }
          />
        </>
      }
    >
      <Incidents key={filter} filter={filter} />
    </Page>
  );
}

function Incidents({ filter }: { readonly filter: StateFilter }) {
  const query = useInfiniteQuery(incidentPagesQuery(filter));
  const list = useRowKeys<HTMLUListElement>();
  if (query.data === undefined)
    return query.error === null ? (
      <RowsSkeleton rows={6} height={56} />
    ) : (
      <ErrorState error={query.error} retry={() => void query.refetch()} />
    );
  const incidents = query.data.pages.flatMap((page) => page.incidents);
  if (incidents.length === 0) return <NoIncidents filter={filter} />;
  return (
    <>
      <ul ref={list} className={styles.list}>
        {incidents.map((incident) => (
          <Row key={incident.id} incident={incident} />
        ))}
      </ul>
      {query.hasNextPage ? (
        <div className={styles.more}>
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show older incidents
          </Button>
        </div>
      ) : null}
      <p className={styles.hint}>
        <kbd>j</kbd> <kbd>k</kbd> to move, <kbd>Enter</kbd> to open
      </p>
    </>
  );
}

function Row({ incident }: { readonly incident: IncidentSummary }) {
  const owner = ownerOf(incident);
  return (
    <li>
      <ScreenLink
        to={paths.incident(incident.number)}
        keepRange={false}
        className={styles.row}
        data-row
        data-state={incident.state}
      >
        <SeverityMark severity={incident.severity} />
        <span className={styles.number}>#{incident.number}</span>
        <span className={styles.title}>{incident.title}</span>
        <span className={styles.state}>
          <StateMark state={incident.state} />
        </span>
        <span className={styles.service}>{incident.service ?? "–"}</span>
        <span className={styles.owner}>
          {owner ?? (incident.state === "resolved" ? "–" : "nobody yet")}
        </span>
        <span className={styles.alerts}>{count(incident.alertCount, "alert")}</span>
        <span className={styles.time}>
          {incident.state === "resolved" ? (
            <span title="How long it lasted">{lifespan(incident)}</span>
          ) : (
            <>
              open <Ago at={incident.openedAt} form="age" />
            </>
          )}
        </span>
        <span className={styles.opened}>
          <Ago at={incident.openedAt} />
        </span>
      </ScreenLink>
    </li>
  );
}

function NoIncidents({ filter }: { readonly filter: StateFilter }) {
  return (
    <EmptyState
      title={
        filter === "open"
          ? "No open incidents"
          : filter === "resolved"
            ? "Nothing was resolved yet"
            : "No incidents yet"
      }
      icon={<IconCircleCheck size={32} stroke={1.3} />}
    >
      <p>
        An incident opens by itself when an alert with the label <code>severity</code> fires and its
        route leads to people. Alerts of the same group join it; it resolves when they recover.
      </p>
      {filter === "open" ? (
        <ScreenLink to={paths.incidents("all")} className="link">
          Show all incidents
        </ScreenLink>
      ) : null}
    </EmptyState>
  );
}
