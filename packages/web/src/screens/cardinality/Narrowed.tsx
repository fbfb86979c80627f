import type { Cardinality } from "@seaworthy/contract";
import { IconX } from "@tabler/icons-react";
import { paths } from "../../app/paths.ts";
import { Command } from "../../elements/Command.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import styles from "./Cardinality.module.css";
import type { SeriesQuestion } from "./question.ts";
import { relabelling } from "./relabelling.ts";

const figure = (value: number) => value.toLocaleString("en");

/** What the lists are narrowed to, each with a way back. */
export function Narrowing({ question }: { readonly question: SeriesQuestion }) {
  const { metric, label } = question;
  const chip = (kind: string, name: string, without: SeriesQuestion) => (
    <li className={styles.chip}>
      <span>
        {kind} <code>{name}</code>
      </span>
      <ScreenLink to={paths.cardinality(without)} aria-label={`Not only ${kind} ${name}`}>
        <IconX size={14} aria-hidden />
      </ScreenLink>
    </li>
  );
  if (metric === undefined && label === undefined) return null;
  return (
    <ul className={styles.chips} aria-label="Narrowed to">
      {metric === undefined ? null : chip("metric", metric, { ...question, metric: undefined })}
      {label === undefined ? null : chip("label", label, { ...question, label: undefined })}
    </ul>
  );
}

/** How not to store what the lists are narrowed to, and what that would save. */
export function DropIt({
  question: { metric, label },
  found,
}: {
  readonly question: SeriesQuestion;
  readonly found: Cardinality;
}) {
  if (label === "__name__" || (metric === undefined && label === undefined)) return null;
  const what = label === undefined ? `metric ${metric}` : `label ${label}`;
  const left = found.seriesWithoutLabel;
  return (
    <section aria-label={`Without the ${what}`} className={styles.drop}>
      <h2 className={styles.dropTitle}>
        {left === null
          ? `Without this metric: ${figure(found.series)} series less`
          : `Without this label: ${figure(left)} instead of ${figure(found.series)} series`}
      </h2>
      <p className={styles.text}>
        For the job of prometheus.yml that scrapes it; for a Prometheus that writes here, the same
        under <code>write_relabel_configs</code> of its <code>remote_write</code>.
        {left !== null && left < found.series
          ? " Series that differ in nothing else become one, of which only one sample of each time is kept: leave the label out where it is made, if you need their sum."
          : ""}
      </p>
      <Command label={`Relabelling that drops the ${what}`} text={relabelling({ metric, label })} />
      {metric === undefined ? null : (
        <ScreenLink to={paths.explore([metric])} className="link">
          See {metric} as a graph
        </ScreenLink>
      )}
    </section>
  );
}
