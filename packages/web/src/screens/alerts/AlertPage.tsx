import { linksOfLabels, type ActiveAlert } from "@seaworthy/contract";
import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { useParams } from "react-router";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { AlertGraph } from "../../charts/AlertGraph.tsx";
import type { ChartBand } from "../../charts/marks.ts";
import { explain } from "../../charts/threshold.ts";
import { unitOf } from "../../charts/unit-of.ts";
import { stepped } from "../../charts/use-moving-span.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { LabelList } from "../../elements/LabelList.tsx";
import { PageHeading } from "../../elements/PageHeading.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { resolveRange } from "../../time/time-range.ts";
import { useNow } from "../../time/use-now.ts";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatQuantity } from "../../values/quantity.ts";
import { spanAround } from "../incidents/span-around.ts";
import { SilenceButton } from "../silences/SilenceButton.tsx";
import { AlertDetails } from "./AlertDetails.tsx";
import { flapsOf } from "./alert-history.ts";
import { AlertHistory } from "./AlertHistory.tsx";
import styles from "./AlertPage.module.css";
import { headlineOf, nameOf } from "./alert-text.ts";
import { alertHistoryQuery, alertsQuery, ruleGroupsQuery } from "./queries.ts";
import { WhoIsTold } from "./WhoIsTold.tsx";

/** One alert: why it fires, who is told of it and why, when it fired before, and what to do. */
export function AlertPage() {
  const { fingerprint = "" } = useParams();
  const alerts = useQuery(alertsQuery);
  const history = useQuery(alertHistoryQuery(fingerprint));
  const alert = alerts.data?.alerts.find((each) => each.fingerprint === fingerprint);
  if (alert !== undefined) return <Active alert={alert} />;
  const before = history.data?.firings[0];
  const error = alerts.error ?? history.error;
  // Whether it is over is known once both were asked.
  if (alerts.data !== undefined && before !== undefined)
    return (
      <Over fingerprint={fingerprint} labels={before.labels} endedAt={before.endedAt ?? null} />
    );
  if (alerts.data !== undefined && history.data !== undefined) return <NoSuchAlert />;
  return (
    <Page wide title="Alert">
      {error === null ? (
        <RowsSkeleton rows={8} />
      ) : (
        <ErrorState
          error={error}
          retry={() => void Promise.all([alerts.refetch(), history.refetch()])}
        />
      )}
    </Page>
  );
}

/** The times in which an alert fired, to be drawn into its graph. */
function useFirings(fingerprint: string): readonly ChartBand[] {
  const { data } = useQuery(alertHistoryQuery(fingerprint));
  return useMemo(
    () =>
      (data?.firings ?? []).map(({ startedAt, endedAt }) => ({
        from: Date.parse(startedAt),
        to: endedAt === null ? Infinity : Date.parse(endedAt),
      })),
    [data],
  );
}

function Active({ alert }: { readonly alert: ActiveAlert }) {
  const { range, isChosen } = useTimeRange();
  const now = useNow(5000);
  const { activeSince } = alert;
  const { span, step } = useMemo(
    () =>
      stepped(
        isChosen
          ? resolveRange(range, now)
          : spanAround({ openedAt: activeSince, resolvedAt: null }, now),
      ),
    [isChosen, range, activeSince, now],
  );
  const marks = useMemo(() => [{ at: Date.parse(activeSince), label: "active" }], [activeSince]);
  const bands = useFirings(alert.fingerprint);
  return (
    <Frame
      fingerprint={alert.fingerprint}
      labels={alert.labels}
      summary={headlineOf(alert.annotations)}
      isSilenceable={!alert.silenced}
      facts={
        <>
          <li>
            <StateMark state={alert.state} pill />
          </li>
          {alert.silenced ? (
            <li>
              <StateMark state="silenced" pill />
            </li>
          ) : null}
          {alert.inhibited ? (
            <li>
              <StateMark state="silenced" word="Inhibited" pill />
            </li>
          ) : null}
          <li>
            for <Ago at={activeSince} form="age" />
          </li>
          <li>
            value now {formatQuantity(alert.value, unitOf(explain(alert.expression).subject))}
          </li>
          <li>
            {alert.incident === null ? (
              "belongs to no incident"
            ) : (
              <ScreenLink
                to={paths.incident(alert.incident.number)}
                keepRange={false}
                className="link"
              >
                Incident #{alert.incident.number}
              </ScreenLink>
            )}
          </li>
          <li>
            <ScreenLink to={paths.rule(alert.group, alert.name)} className="link">
              Its rule
            </ScreenLink>
          </li>
        </>
      }
    >
      <AlertGraph
        expression={alert.expression}
        language={alert.language}
        labels={alert.labels}
        span={span}
        step={step}
        marks={marks}
        bands={bands}
        height={280}
      />
      <AlertDetails
        annotations={alert.annotations}
        expression={alert.expression}
        language={alert.language}
        links={alert.links}
      />
    </Frame>
  );
}

interface OverProps {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly endedAt: string | null;
}

/** An alert that does not fire any more: what is known of it still. */
function Over({ fingerprint, labels, endedAt }: OverProps) {
  const { data } = useQuery(ruleGroupsQuery);
  const name = nameOf(labels);
  const [found] = (data ?? []).flatMap((group) =>
    group.rules
      .filter((rule) => rule.type === "alerting" && rule.name === name)
      .map((rule) => ({ group, rule })),
  );
  const { range, isChosen } = useTimeRange();
  const now = useNow(5000);
  const { span, step } = useMemo(
    () => stepped(resolveRange(isChosen ? range : { from: "now-24h", to: "now" }, now)),
    [isChosen, range, now],
  );
  const bands = useFirings(fingerprint);
  const last = bands.reduce(
    (latest, band) => Math.max(latest, band.from),
    Number.NEGATIVE_INFINITY,
  );
  const links =
    endedAt === null || !Number.isFinite(last)
      ? null
      : linksOfLabels(labels, last, Date.parse(endedAt));
  return (
    <Frame
      fingerprint={fingerprint}
      labels={labels}
      summary={null}
      isSilenceable={false}
      facts={
        <>
          <li>
            <StateMark state="resolved" pill />
          </li>
          {endedAt === null ? null : (
            <li>
              recovered <Ago at={endedAt} />
            </li>
          )}
          {found === undefined ? null : (
            <li>
              <ScreenLink to={paths.rule(found.group.name, name)} className="link">
                Its rule
              </ScreenLink>
            </li>
          )}
        </>
      }
    >
      {found === undefined ? null : (
        <>
          <AlertGraph
            expression={found.rule.query}
            language={found.group.language ?? "promql"}
            labels={labels}
            span={span}
            step={step}
            bands={bands}
            height={280}
          />
          <AlertDetails
            annotations={{}}
            expression={found.rule.query}
            language={found.group.language ?? "promql"}
            links={links}
          />
        </>
      )}
    </Frame>
  );
}

interface FrameProps {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string | null;
  readonly isSilenceable: boolean;
  readonly facts: ReactNode;
  /** What explains it. */
  readonly children: ReactNode;
}

function Frame({ fingerprint, labels, summary, isSilenceable, facts, children }: FrameProps) {
  const name = nameOf(labels);
  const now = useNow(60_000);
  const { data } = useQuery(alertHistoryQuery(fingerprint));
  const flaps = data === undefined ? null : flapsOf(data, now);
  return (
    <Page
      wide
      title={name}
      heading={
        <PageHeading
          back={{ to: paths.alerts(), label: "Alerts" }}
          title={name}
          link={paths.alert(fingerprint)}
          summary={summary}
          action={isSilenceable ? <SilenceButton labels={labels} /> : null}
        >
          {facts}
          {flaps === null ? null : (
            <li>
              <StateMark
                state="pending"
                word={`Flapping: ${flaps} times in ${formatQuantity(data?.flapping?.withinSeconds ?? 0, "seconds")}`}
              />
            </li>
          )}
        </PageHeading>
      }
    >
      <div className={styles.columns}>
        <div className={styles.why}>
          {children}
          <section aria-label="Labels">
            <SectionHeading title="Labels" />
            <div>
              <LabelList labels={labels} without={[]} />
            </div>
          </section>
        </div>
        <div className={styles.side}>
          <WhoIsTold labels={labels} />
          <AlertHistory fingerprint={fingerprint} />
        </div>
      </div>
    </Page>
  );
}

function NoSuchAlert() {
  return (
    <Page title="Alert not found">
      <EmptyState title="No such alert is firing, or has fired lately">
        <p>
          An alert is known by its labels: with another label it is another alert. Older ones are
          found through their incidents.
        </p>
        <ScreenLink to={paths.alerts()} className="link">
          See the active alerts
        </ScreenLink>
        <ScreenLink to={paths.incidents("all")} className="link">
          Show all incidents
        </ScreenLink>
      </EmptyState>
    </Page>
  );
}
