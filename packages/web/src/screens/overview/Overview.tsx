import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Page } from "../../app/Page.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { StateShape } from "../../elements/StateMark.tsx";
import { useNow } from "../../time/use-now.ts";
import { Facts } from "./Facts.tsx";
import { FiringAlerts } from "./FiringAlerts.tsx";
import { FirstRun } from "./FirstRun.tsx";
import { headline } from "./headline.ts";
import { Lately } from "./Lately.tsx";
import { OpenIncidents } from "./OpenIncidents.tsx";
import styles from "./Overview.module.css";
import { overviewQuery } from "./queries.ts";
import { Services } from "./Services.tsx";

const shapes = { firing: "firing", pending: "pending", clear: "clear", empty: "inactive" } as const;

/** What is broken, since when, who is on it, what changed and what to do: without a click. */
export function Overview() {
  const { data, error, refetch } = useQuery(overviewQuery);
  const now = useNow();
  if (data === undefined)
    return (
      <Page title="Overview" heading={<h1 className="visually-hidden">Overview</h1>}>
        {error === null ? (
          <>
            <Skeleton height={36} width={420} mb={40} />
            <RowsSkeleton rows={6} />
          </>
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  const { tone, text } = headline(data, now);
  return (
    <Page
      title="Overview"
      heading={
        <header className={styles.hero}>
          <h1 className={styles.headline} data-tone={tone}>
            <StateShape state={shapes[tone]} size={26} />
            <span>{text}</span>
          </h1>
          <Facts overview={data} />
        </header>
      }
    >
      {tone === "empty" ? (
        <FirstRun overview={data} />
      ) : (
        <>
          <OpenIncidents incidents={data.openIncidents} />
          <FiringAlerts />
          <Services services={data.services} />
          <Lately />
        </>
      )}
    </Page>
  );
}
