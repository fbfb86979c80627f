import { linksOfLine, traceOf } from "@seaworthy/contract";
import { ActionIcon, Button, Tooltip } from "@mantine/core";
import {
  IconFileText,
  IconListSearch,
  IconTimeline,
  IconZoomIn,
  IconZoomOut,
} from "@tabler/icons-react";
import { Link } from "react-router";
import type { LogLine } from "../../api/loki.ts";
import { paths } from "../../app/paths.ts";
import { CopyButton } from "../../elements/CopyButton.tsx";
import { ExceptionText } from "../../elements/ExceptionText.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import { exceptionOfFields, exceptionOfLine, headlineOfException } from "../../values/exception.ts";
import { formatInstant, formatTimeOfDay } from "../../values/instant.ts";
import { formatQuantity } from "../../values/quantity.ts";
import { levelOf } from "./level.ts";
import styles from "./Logs.module.css";

interface LogLineRowProps {
  readonly line: LogLine;
  readonly isOpen: boolean;
  readonly toggle: () => void;
  readonly narrow: (line: LogLine, name: string, value: string, has: boolean) => void;
}

/** One line: folded to what fits, or whole with all that is known of it. */
export function LogLineRow({ line, isOpen, toggle, narrow }: LogLineRowProps) {
  const { zone } = useTimeRange();
  const at = Number(line.at.slice(0, -6));
  const trace = traceOf(line.fields, line.text);
  const level = levelOf(line.fields["detected_level"] ?? line.stream["detected_level"]);
  return (
    <article className={styles.line} data-level={level}>
      <button type="button" className={styles.row} data-row aria-expanded={isOpen} onClick={toggle}>
        <time className={styles.time} dateTime={new Date(at).toISOString()}>
          {formatTimeOfDay(at, zone)}
          <span className={styles.fraction}>.{String(at % 1000).padStart(3, "0")}</span>
        </time>
        <span className={styles.level}>{level === "unknown" ? "" : level}</span>
        <span className={styles.text}>
          {line.text === "" ? headlineOf(line) : line.text}
          <span className={styles.request}>{requestOf(line.fields)}</span>
        </span>
      </button>
      {trace === null || isOpen ? null : (
        // Hundreds of these are drawn: this one asks for nothing of the address.
        <Link
          to={paths.trace(trace.traceId, trace.spanId)}
          className={styles.trace}
          aria-label="The trace of this line"
          title="The trace of this line"
        >
          <IconTimeline size={15} stroke={1.7} aria-hidden />
        </Link>
      )}
      {isOpen ? <Unfolded line={line} at={at} narrow={narrow} /> : null}
    </article>
  );
}

interface UnfoldedProps {
  readonly line: LogLine;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly narrow: LogLineRowProps["narrow"];
}

function Unfolded({ line, at, narrow }: UnfoldedProps) {
  const { zone } = useTimeRange();
  const links = linksOfLine({ ...line, at });
  const exception = exceptionOfLine(line.fields, line.text);
  const known = Object.entries({ ...line.stream, ...line.fields }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return (
    <div className={styles.whole}>
      <div className={styles.tools}>
        <span className={styles.when}>{formatInstant(at, zone)}</span>
        <Button
          component={ScreenLink}
          to={links.around}
          keepRange={false}
          size="compact-sm"
          variant="default"
          leftSection={<IconListSearch size={15} stroke={1.7} aria-hidden />}
        >
          What stands around it
        </Button>
        {links.trace === undefined || links.logs === undefined ? null : (
          <>
            <Button
              component={ScreenLink}
              to={links.trace}
              size="compact-sm"
              variant="default"
              leftSection={<IconTimeline size={15} stroke={1.7} aria-hidden />}
            >
              Its trace
            </Button>
            <Button
              component={ScreenLink}
              to={links.logs}
              keepRange={false}
              size="compact-sm"
              variant="default"
              leftSection={<IconFileText size={15} stroke={1.7} aria-hidden />}
            >
              All lines of the trace
            </Button>
          </>
        )}
        <CopyButton text={line.text} label="Copy the line" />
      </div>
      {exception === null ? null : <ExceptionText exception={exception} />}
      {line.text === "" ? null : (
        <pre className={styles.pretty} tabIndex={0} aria-label="The whole line">
          {pretty(line.text)}
        </pre>
      )}
      <table className={styles.fields}>
        <tbody>
          {known.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
              <td className={styles.narrow}>
                <Narrow
                  label={`Only with ${name}=${value}`}
                  go={() => narrow(line, name, value, true)}
                >
                  <IconZoomIn size={15} stroke={1.7} aria-hidden />
                </Narrow>
                <Narrow
                  label={`Without ${name}=${value}`}
                  go={() => narrow(line, name, value, false)}
                >
                  <IconZoomOut size={15} stroke={1.7} aria-hidden />
                </Narrow>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface NarrowProps {
  readonly label: string;
  readonly go: () => void;
  readonly children: React.ReactNode;
}

function Narrow({ label, go, children }: NarrowProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size={24} aria-label={label} onClick={go}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

/** A record may be an exception and nothing else: then that is what it says. */
function headlineOf({ fields }: LogLine): string {
  const exception = exceptionOfFields(fields);
  return exception === null ? "" : headlineOfException(exception);
}

/** The request that a line of the kit's is about: `GET /products 200 3.1 ms`. */
function requestOf({ method, url, statusCode, duration }: LogLine["fields"]): string {
  if (method === undefined || url === undefined) return "";
  const took =
    duration === undefined ? undefined : formatQuantity(Number(duration) / 1000, "seconds");
  return [method, url, statusCode, took].filter((part) => part !== undefined).join(" ");
}

/** JSON over several lines; anything else as it is. */
function pretty(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
