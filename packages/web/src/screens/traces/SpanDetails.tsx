import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconFileText, IconSearch, IconX, IconZoomInArea } from "@tabler/icons-react";
import { aroundLinePath, type Trace, type TraceSpan } from "@seaworthy/contract";
import { paths } from "../../app/paths.ts";
import { CopyButton } from "../../elements/CopyButton.tsx";
import { ExceptionText } from "../../elements/ExceptionText.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { exceptionOfFields } from "../../values/exception.ts";
import { count, formatQuantity } from "../../values/quantity.ts";
import type { Stretch } from "./critical-path.ts";
import { writeQuery } from "./trace-query.ts";
import type { SpanNode } from "./trace-tree.ts";
import styles from "./SpanDetails.module.css";

interface SpanDetailsProps {
  readonly trace: Trace;
  readonly node: SpanNode;
  readonly critical: readonly Stretch[] | undefined;
  /** Log lines by span; undefined while it is not known. */
  readonly logs: ReadonlyMap<string, number> | undefined;
  readonly zoom: () => void;
  readonly close: () => void;
}

const seconds = (ns: number) => formatQuantity(ns / 1e9, "seconds");

/** All that is known of a span. */
export function SpanDetails({ trace, node, critical, logs, zoom, close }: SpanDetailsProps) {
  const { span } = node;
  const lines = logs?.get(span.spanId) ?? 0;
  const onPath = (critical ?? []).reduce((sum, { from, to }) => sum + to - from, 0);
  return (
    <aside className={styles.details} aria-label="Span">
      <header className={styles.header}>
        <div>
          <p className={styles.service}>{span.service}</p>
          <h2 className={styles.title}>{span.name}</h2>
        </div>
        <div className={styles.tools}>
          <CopyButton
            text={window.location.origin + paths.trace(trace.traceId, span.spanId)}
            label="Copy the link to this span"
          />
          <Tooltip label="Zoom to this span">
            <ActionIcon
              variant="subtle"
              color="gray"
              size={28}
              aria-label="Zoom to this span"
              onClick={zoom}
            >
              <IconZoomInArea size={16} stroke={1.6} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={28}
            aria-label="Close the span"
            onClick={close}
          >
            <IconX size={16} aria-hidden />
          </ActionIcon>
        </div>
      </header>
      {span.status === "error" ? (
        <p className={styles.failure}>
          <StateMark state="failed" />
          {span.statusMessage === "" ? null : <span>{span.statusMessage}</span>}
        </p>
      ) : null}
      <dl className={styles.facts}>
        <Fact name="Took" value={seconds(span.durationNs)} />
        <Fact name="Own time" value={seconds(node.own)} />
        <Fact name="On the critical path" value={onPath === 0 ? "–" : seconds(onPath)} />
        <Fact name="Began after" value={seconds(node.start)} />
        <Fact name="Kind" value={span.kind} />
      </dl>
      {node.shift === 0 ? null : (
        <p className={styles.note}>
          Shown {seconds(Math.abs(node.shift))} {node.shift > 0 ? "later" : "earlier"} than it was
          sent: its clock is not its caller's.
        </p>
      )}
      {node.isOrphan ? (
        <p className={styles.note}>Its parent {span.parentId} is not in this trace.</p>
      ) : null}
      <div className={styles.links}>
        <Button
          component={ScreenLink}
          to={span.logs}
          keepRange={false}
          size="compact-sm"
          variant="default"
          leftSection={<IconFileText size={15} stroke={1.7} aria-hidden />}
        >
          {lines === 0 ? "Logs of this span" : count(lines, "log line")}
        </Button>
        <Button
          component={ScreenLink}
          to={paths.traces(writeQuery({ service: span.service, operation: span.name }))}
          size="compact-sm"
          variant="default"
          leftSection={<IconSearch size={15} stroke={1.7} aria-hidden />}
        >
          Others like it
        </Button>
      </div>
      <Events trace={trace} span={span} start={node.start - node.shift} />
      <Links span={span} />
      <Attributes title="Attributes" of={span.attributes} />
      <Attributes title="Resource" of={trace.resources[span.resource] ?? {}} />
      <p className={styles.ids}>
        Span <code>{span.spanId}</code>
        {span.scope === "" ? null : <> by {span.scope}</>}
      </p>
    </aside>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Attributes({
  title,
  of,
}: {
  readonly title: string;
  readonly of: Readonly<Record<string, string>>;
}) {
  const known = Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
  if (known.length === 0) return null;
  return (
    <section>
      <h3 className={styles.heading}>{title}</h3>
      <table className={styles.attributes}>
        <tbody>
          {known.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface EventsProps {
  readonly trace: Trace;
  readonly span: TraceSpan;
  /** When the span began, by its own clock, from the trace's start. */
  readonly start: number;
}

function Events({ trace, span, start }: EventsProps) {
  if (span.events.length === 0) return null;
  return (
    <section>
      <h3 className={styles.heading}>Events</h3>
      {span.events.map((event, place) => {
        const exception = exceptionOfFields(event.attributes);
        const others = Object.entries(event.attributes).filter(
          ([name]) => exception === null || !shownOfException.has(name),
        );
        return (
          <div key={`${event.offsetNs} ${place}`} className={styles.event}>
            <p>
              <span className={styles.at}>+{seconds(event.offsetNs - start)}</span>
              {exception === null || event.name !== "exception" ? event.name : null}
            </p>
            {exception === null ? null : (
              <>
                <ExceptionText exception={exception} />
                <ScreenLink
                  className="link"
                  to={aroundLinePath(
                    { service_name: span.service },
                    Date.parse(trace.start) + event.offsetNs / 1e6,
                  )}
                  keepRange={false}
                >
                  Log lines of {span.service} around it
                </ScreenLink>
              </>
            )}
            {others.map(([name, value]) => (
              <p key={name} className={styles.other}>
                {name}={value}
              </p>
            ))}
          </div>
        );
      })}
    </section>
  );
}

const shownOfException: ReadonlySet<string> = new Set([
  "exception.type",
  "exception.message",
  "exception.stacktrace",
]);

function Links({ span }: { readonly span: TraceSpan }) {
  if (span.links.length === 0) return null;
  return (
    <section>
      <h3 className={styles.heading}>Links</h3>
      <ul>
        {span.links.map(({ traceId, spanId, attributes }, place) => (
          <li key={`${traceId} ${spanId} ${place}`}>
            <ScreenLink className="link" to={paths.trace(traceId, spanId)}>
              {traceId.slice(0, 8)}… span {spanId.slice(0, 8)}…
            </ScreenLink>{" "}
            <span className={styles.at}>
              {Object.entries(attributes)
                .map(([name, value]) => `${name}=${value}`)
                .join(" ")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
