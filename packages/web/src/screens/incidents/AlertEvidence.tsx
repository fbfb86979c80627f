import type { IncidentAlert } from "@seaworthy/contract";
import { IconChevronRight } from "@tabler/icons-react";
import { paths } from "../../app/paths.ts";
import { AlertGraph } from "../../charts/AlertGraph.tsx";
import type { ChartMark } from "../../charts/marks.ts";
import { Ago } from "../../elements/Ago.tsx";
import { AlertDetails } from "../alerts/AlertDetails.tsx";
import { LabelList } from "../../elements/LabelList.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import type { Span } from "../../time/time-range.ts";
import { headlineOf, nameOf, sentenceOf } from "../alerts/alert-text.ts";
import styles from "./Evidence.module.css";

interface AlertEvidenceProps {
  readonly alert: IncidentAlert;
  readonly isOpen: boolean;
  readonly toggle: () => void;
  readonly span: Span;
  readonly step: number;
  readonly marks: readonly ChartMark[];
}

/** One alert of an incident: folded to a line, or with its graph and words. */
export function AlertEvidence({ alert, isOpen, toggle, span, step, marks }: AlertEvidenceProps) {
  const bodyId = `alert-${alert.fingerprint}`;
  const summary = headlineOf(alert.annotations);
  return (
    <article className={styles.alert}>
      <h3>
        <button
          type="button"
          className={styles.fold}
          aria-expanded={isOpen}
          aria-controls={bodyId}
          onClick={toggle}
        >
          <IconChevronRight size={16} className={styles.chevron} aria-hidden />
          <StateMark state={alert.status} />
          <span className={styles.name}>{nameOf(alert.labels)}</span>
          {isOpen ? null : <span className={styles.text}>{sentenceOf(alert)}</span>}
          <span className={styles.age}>
            {alert.endsAt !== null && alert.status === "resolved" ? (
              <Ago at={alert.endsAt} />
            ) : (
              <Ago at={alert.startsAt} form="age" />
            )}
          </span>
        </button>
      </h3>
      {isOpen ? (
        <div id={bodyId} className={styles.body}>
          {summary === null ? null : <p className={styles.summary}>{summary}</p>}
          {alert.expression === null ? null : (
            <AlertGraph
              expression={alert.expression}
              language={alert.language}
              labels={alert.labels}
              span={span}
              step={step}
              marks={marks}
              height={240}
            />
          )}
          <AlertDetails
            annotations={alert.annotations}
            expression={alert.expression}
            language={alert.language}
            links={alert.links}
            generatorURL={alert.generatorURL}
            silenceable={alert.status === "firing" ? alert.labels : null}
          />
          <ScreenLink to={paths.alert(alert.fingerprint)} keepRange={false} className="link">
            Who is told, and its history
          </ScreenLink>
          <LabelList labels={alert.labels} />
        </div>
      ) : null}
    </article>
  );
}
