import { getCardinality } from "@seaworthy/contract";
import type { Cardinality } from "@seaworthy/contract";
import { UsageError, withPlatform } from "./platform.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What `seaworthy series --help` prints. */
export const seriesHelp = `seaworthy series: which metric and label makes how many series, and what the limits are

Usage:
  seaworthy series [OPTIONS]

Options:
  --metric NAME  series of this metric alone
  --label NAME   series with this label alone, and how many would be left without it
  --days N       written on the last N UTC days, today among them (default: 1)
  --limit N      entries of each list (default: 10)
  --url URL      the platform (default: SEAWORTHY_URL, else http://127.0.0.1:4000)
  --json         print what the platform answers
  --help         show this

Environment (or .env):
  SEAWORTHY_URL    the platform
  SEAWORTHY_TOKEN  an API token of the platform

Exit codes:
  0  no limit of series is reached
  1  one is: samples of new series are refused; or the platform refuses
  2  the command cannot be understood

Examples:
  seaworthy series
  seaworthy series --metric http_requests_total --label user_id
`;

/** Runs the command; answers its exit code. */
export function series(args: string[], terminal: Terminal = processTerminal()): Promise<number> {
  const own = ["metric", "label", "days", "limit"];
  return withPlatform(
    "series",
    seriesHelp,
    args,
    terminal,
    async (platform) => {
      const { positionals, options, json } = platform;
      if (positionals.length > 0) throw new UsageError(`what is "${positionals.join(" ")}"?`);
      const found = await platform.ask(getCardinality, {
        query: {
          days: wholeNumber("days", options["days"] ?? "1", 30),
          limit: wholeNumber("limit", options["limit"] ?? "10", 1000),
          ...(options["metric"] === undefined ? {} : { metric: options["metric"] }),
          ...(options["label"] === undefined ? {} : { label: options["label"] }),
        },
      });
      terminal.out(json ? `${JSON.stringify(found, undefined, 2)}\n` : seriesText(found));
      return limitsOf(found).some(({ used, limit }) => used >= limit) ? 1 : 0;
    },
    own,
  );
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`--${option} is a whole number from 1 to ${most}, not "${text}"`);
}

/** The limits of series that there are, and what is used of each. */
function limitsOf({ active, senders }: Cardinality) {
  return [
    { of: "all senders", used: active.series, limit: active.limit },
    ...senders.flatMap(({ name, activeSeries, limits }) =>
      limits.series === null ? [] : [{ of: name, used: activeSeries, limit: limits.series }],
    ),
  ];
}

/** The lists for people. */
function seriesText(found: Cardinality): string {
  const list = (title: string, rows: readonly (readonly [number, string])[]) =>
    rows.length === 0
      ? []
      : ["", title, ...rows.map(([value, name]) => `${String(value).padStart(10)}  ${name}`)];
  const counted = (rows: readonly { readonly name: string; readonly value: number }[]) =>
    rows.map(({ name, value }) => [value, name] as const);
  const left = found.seriesWithoutLabel;
  return [
    `${found.series} series, ${found.seriesBefore} before`,
    ...(left === null ? [] : [`${left} would be left without the label`]),
    ...limitsOf(found).map(({ of, used, limit }) => `active, ${of}: ${used} of ${limit}`),
    ...list(
      "series by metric",
      found.seriesByMetric.map(({ name, value, added }) => [
        value,
        added === 0 || found.seriesBefore === 0 ? name : `${name}  (${added} new)`,
      ]),
    ),
    ...list("values by label", counted(found.valuesByLabel)),
    ...list("series by label and value", counted(found.seriesByPair)),
    ...list(
      "series by target",
      found.seriesByTarget.map(({ job, instance, value }) => [value, `${job} ${instance}`.trim()]),
    ),
    "",
  ].join("\n");
}
