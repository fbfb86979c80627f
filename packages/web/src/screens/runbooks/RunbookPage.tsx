import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams, useSearchParams } from "react-router";
import { ApiError } from "../../api/call.ts";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { useMovingSpan } from "../../charts/use-moving-span.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { PageHeading } from "../../elements/PageHeading.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import { labelsInUrl } from "./labels-in-url.ts";
import { runbookQuery } from "./queries.ts";
import { RunbookBody } from "./RunbookBody.tsx";
import { Faults } from "./RunbookList.tsx";
import styles from "./Runbooks.module.css";
import { useAddress } from "../../app/use-address.ts";

/** One runbook, with the labels of the address filled in. */
export function RunbookPage() {
  const { name = "" } = useParams();
  const [params] = useSearchParams();
  const { range } = useTimeRange();
  const { span, step } = useMovingSpan(range);
  const { data, error, refetch } = useQuery(runbookQuery(name, labelsInUrl(params)));
  if (data === undefined)
    return (
      <Page title={name}>
        {error === null ? (
          <RowsSkeleton rows={10} />
        ) : error instanceof ApiError && error.status === 404 ? (
          <EmptyState title={`There is no runbook "${name}"`}>
            <ScreenLink to={paths.runbooks()} className="link">
              Show all runbooks
            </ScreenLink>
          </EmptyState>
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  return (
    <Page
      title={data.title}
      heading={
        <PageHeading
          back={{ to: paths.runbooks(), label: "Runbooks" }}
          title={data.title}
          link={paths.runbook(name)}
        >
          <li>{data.source === "own" ? "yours" : "shipped"}</li>
          {data.alerts.map((alert) => (
            <li key={alert}>
              <ScreenLink to={paths.rules({ rule: alert })} className="link">
                {alert}
              </ScreenLink>
            </li>
          ))}
        </PageHeading>
      }
    >
      <Faults faults={data.faults} />
      {data.labels.length === 0 ? null : <Labels key={params.toString()} names={data.labels} />}
      <RunbookBody runbook={data} span={span} step={step} />
    </Page>
  );
}

/** What is filled in where no incident says it. */
function Labels({ names }: { readonly names: readonly string[] }) {
  const [params, setParams] = useAddress();
  const [labels, setLabels] = useState(() => labelsInUrl(params));
  return (
    <form
      className={styles.labels}
      aria-label="Labels that are filled in"
      onSubmit={(event) => {
        event.preventDefault();
        setParams(
          Object.fromEntries(names.map((name) => [`label.${name}`, labels[name]?.trim() || null])),
          "push",
        );
      }}
    >
      {names.map((name) => (
        <TextInput
          key={name}
          size="xs"
          label={name}
          value={labels[name] ?? ""}
          onChange={({ currentTarget: { value } }) => setLabels({ ...labels, [name]: value })}
        />
      ))}
      <Button type="submit" size="xs" variant="default">
        Fill in
      </Button>
    </form>
  );
}
