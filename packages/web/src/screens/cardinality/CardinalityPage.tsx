import type { Cardinality } from "@seaworthy/contract";
import { SegmentedControl } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { formatQuantity } from "../../values/quantity.ts";
import { MetricTabs } from "../explore/MetricTabs.tsx";
import styles from "./Cardinality.module.css";
import { DropIt, Narrowing } from "./Narrowed.tsx";
import { cardinalityQuery } from "./queries.ts";
import { lengths, readQuestion, type SeriesQuestion } from "./question.ts";
import { Ranking } from "./Ranking.tsx";
import { SeriesLimits } from "./SeriesLimits.tsx";
import { useAddress } from "../../app/use-address.ts";

const figure = (value: number) => value.toLocaleString("en");

/** Which metrics, labels and targets make how many series. What is asked stands in the URL. */
export function CardinalityPage() {
  const [params, setParams] = useAddress();
  const question = readQuestion(params);
  const { data, error, refetch } = useQuery(cardinalityQuery(question));
  return (
    <Page
      wide
      title="Metrics"
      actions={
        <SegmentedControl
          size="sm"
          aria-label="Written"
          data={[...lengths]}
          value={String(question.days)}
          onChange={(value) => setParams({ days: value })}
        />
      }
    >
      <MetricTabs />
      <Narrowing question={question} />
      {error !== null ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <RowsSkeleton rows={12} />
      ) : data.series === 0 ? (
        <NoSeries question={question} />
      ) : (
        <Found question={question} found={data} />
      )}
    </Page>
  );
}

function NoSeries({ question: { metric, label } }: { readonly question: SeriesQuestion }) {
  return (
    <EmptyState title="No series" icon={<IconChartBar size={32} stroke={1.3} />}>
      {metric === undefined && label === undefined ? (
        <>
          <p>What is scraped or sent is counted here: which metric and label makes how much.</p>
          <ScreenLink to={paths.targets()} className="link">
            See what is scraped
          </ScreenLink>
        </>
      ) : (
        <ScreenLink to={paths.cardinality()} className="link">
          See all series
        </ScreenLink>
      )}
    </EmptyState>
  );
}

interface FoundProps {
  readonly question: SeriesQuestion;
  readonly found: Cardinality;
}

function sentenceOf({ days }: SeriesQuestion, found: Cardinality): string {
  const when = days === 1 ? "written today (UTC)" : `written in ${days} days`;
  const series = `${figure(found.series)} series ${when}`;
  if (found.seriesBefore === 0) return series;
  const before = days === 1 ? "the day before" : `the ${days} days before`;
  return `${series}, ${figure(found.seriesBefore)} ${before}`;
}

function Found({ question, found }: FoundProps) {
  const { metric, label } = question;
  const hasPast = found.seriesBefore > 0;
  const bytes = new Map(found.bytesByLabel.map(({ name, value }) => [name, value]));
  const to = (change: Partial<SeriesQuestion>) => paths.cardinality({ ...question, ...change });
  return (
    <>
      <p className={styles.sentence} role="status">
        {sentenceOf(question, found)}
      </p>
      <DropIt question={question} found={found} />
      {metric === undefined && label === undefined ? (
        <SeriesLimits active={found.active} senders={found.senders} />
      ) : null}
      <div className={styles.rankings}>
        <Ranking
          title="By metric"
          note="choose one to see its labels"
          columns={hasPast ? ["Metric", "Series", "New"] : ["Metric", "Series"]}
          whole={found.series}
          rows={found.seriesByMetric.map(({ name, value, added }) => ({
            key: name,
            name,
            to: to({ metric: name }),
            does: `Series of ${name} alone`,
            value,
            ...(hasPast ? { figures: [added === 0 ? "–" : `+${figure(added)}`] } : {}),
          }))}
        />
        <Ranking
          title="By label"
          note="how many values it has; choose one to see what it would save"
          columns={["Label", "Values", "Bytes"]}
          whole={Math.max(1, ...found.valuesByLabel.map(({ value }) => value))}
          rows={found.valuesByLabel.map(({ name, value }) => ({
            key: name,
            name,
            to: to({ label: name }),
            does: `Series with ${name} alone`,
            value,
            figures: [formatQuantity(bytes.get(name), "bytes")],
          }))}
        />
        <Ranking
          title={label === undefined ? "By label and value" : `By value of ${label}`}
          note="choose one to see its metrics"
          columns={["Value", "Series"]}
          whole={found.series}
          rows={found.seriesByPair.map(({ name, value }) => {
            const at = name.indexOf("=");
            const matcher = `${selectorName(name.slice(0, at))}=${JSON.stringify(name.slice(at + 1))}`;
            const within =
              metric === undefined ? matcher : `__name__=${JSON.stringify(metric)},${matcher}`;
            return {
              key: name,
              name: (
                <>
                  <span className={styles.labelName}>{name.slice(0, at)}=</span>
                  {name.slice(at + 1)}
                </>
              ),
              to: paths.explore([`count by (__name__) ({${within}})`]),
              does: `Metrics with ${name}`,
              value,
            };
          })}
        />
        <Ranking
          title="By target"
          note="who made them"
          columns={["Job and instance", "Series"]}
          whole={found.series}
          rows={found.seriesByTarget.map(({ job, instance, value }) => ({
            key: `${job} ${instance}`,
            name:
              job === "" && instance === "" ? (
                "without job and instance"
              ) : (
                <>
                  {job} <span className={styles.labelName}>{instance}</span>
                </>
              ),
            to: paths.explore([
              `count by (__name__) ({job=${JSON.stringify(job)},instance=${JSON.stringify(instance)},__name__!=""})`,
            ]),
            does: `Metrics of ${job} ${instance}`,
            value,
          }))}
        />
      </div>
    </>
  );
}

/** A label's name as a selector takes it. */
function selectorName(name: string): string {
  return /^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name);
}
