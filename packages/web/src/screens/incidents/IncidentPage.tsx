import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { ApiError } from "../../api/call.ts";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { BlastRadius } from "./BlastRadius.tsx";
import { PostMortemLink } from "../post-mortems/PostMortemLink.tsx";
import { IncidentRunbooks } from "../runbooks/IncidentRunbooks.tsx";
import { IncidentAnnouncements } from "../status-page/IncidentAnnouncements.tsx";
import { Evidence } from "./Evidence.tsx";
import { IncidentHeader } from "./IncidentHeader.tsx";
import styles from "./IncidentPage.module.css";
import { NextAction } from "./NextAction.tsx";
import { Paging } from "./Paging.tsx";
import { People } from "./People.tsx";
import { incidentQuery } from "./queries.ts";
import { Resources } from "./Resources.tsx";
import { Tasks } from "./Tasks.tsx";
import { Timeline } from "./Timeline.tsx";
import { WhatChanged } from "./WhatChanged.tsx";

/** One incident: what is known, what was done, and the next thing to do. */
export function IncidentPage() {
  const { number = "" } = useParams();
  const { data: incident, error, refetch } = useQuery(incidentQuery(number));
  if (incident === undefined) {
    if (error instanceof ApiError && error.status === 404)
      return <NoSuchIncident number={number} />;
    return (
      <Page title={`Incident #${number}`}>
        {error === null ? (
          <>
            <Skeleton height={28} width={360} mb={24} />
            <RowsSkeleton rows={8} />
          </>
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  }
  return (
    <Page
      wide
      title={`#${incident.number} ${incident.title}`}
      heading={<IncidentHeader incident={incident} />}
    >
      <div className={styles.columns}>
        <div>
          {/* What people do. */}
          <Paging incident={incident} />
          <People incident={incident} />
          <Tasks incident={incident} />
          <Resources incident={incident} />
          <IncidentAnnouncements incident={incident} />
          <Timeline key={incident.id} incident={incident} />
        </div>
        <div>
          {/* What is known. */}
          <BlastRadius incident={incident} />
          <WhatChanged incident={incident} />
          <Evidence incident={incident} />
        </div>
      </div>
      <IncidentRunbooks incident={incident} />
      <PostMortemLink incident={incident} />
      <div className={styles.thumb} data-empty={incident.state === "resolved" || undefined}>
        <NextAction incident={incident} size="md" />
      </div>
    </Page>
  );
}

function NoSuchIncident({ number }: { readonly number: string }) {
  return (
    <Page title="Incident not found">
      <EmptyState title={`There is no incident #${number}`}>
        <p>Numbers count up from 1 and are never used again.</p>
        <ScreenLink to={paths.incidents("all")} className="link">
          Show all incidents
        </ScreenLink>
      </EmptyState>
    </Page>
  );
}
