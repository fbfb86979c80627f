import { ScrapeFault } from "../fault.ts";

export type Format = "text" | "open-metrics" | "protobuf";

/** The protocols of `scrape_protocols`, as a request and an answer name them. */
export const PROTOCOLS = {
  PrometheusProto:
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
  "PrometheusText0.0.4": "text/plain;version=0.0.4",
  "PrometheusText1.0.0": "text/plain;version=1.0.0",
  "OpenMetricsText0.0.1": "application/openmetrics-text;version=0.0.1",
  "OpenMetricsText1.0.0": "application/openmetrics-text;version=1.0.0",
} as const;

export type Protocol = keyof typeof PROTOCOLS;

/** What is asked for unless the configuration says otherwise, the most wanted first. */
export const DEFAULT_PROTOCOLS: readonly Protocol[] = [
  "OpenMetricsText1.0.0",
  "OpenMetricsText0.0.1",
  "PrometheusText1.0.0",
  "PrometheusText0.0.4",
];
/** Only protobuf has native histograms. */
export const NATIVE_PROTOCOLS: readonly Protocol[] = ["PrometheusProto", ...DEFAULT_PROTOCOLS];

const WITH_ESCAPING: ReadonlySet<Protocol> = new Set([
  "PrometheusText1.0.0",
  "OpenMetricsText1.0.0",
]);

/** The Accept header for protocols in their order. */
export function acceptHeader(protocols: readonly Protocol[], escaping: string): string {
  let weight = Object.keys(PROTOCOLS).length + 1;
  const wanted = protocols.map((protocol) => {
    const scheme = WITH_ESCAPING.has(protocol) ? `;escaping=${escaping}` : "";
    const value = `${PROTOCOLS[protocol]}${scheme};q=0.${weight}`;
    weight -= 1;
    return value;
  });
  return [...wanted, `*/*;q=0.${weight}`].join(",");
}

const MEDIA_TYPE = /^\s*([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)\s*(?:;|$)/;
const FORMATS = new Map<string, Format>([
  ["text/plain", "text"],
  ["application/openmetrics-text", "open-metrics"],
  ["application/vnd.google.protobuf", "protobuf"],
]);

/** The format of an answer by its Content-Type, or else the fallback's. Throws ScrapeFault without one. */
export function formatOf(contentType: string, fallback: Protocol | undefined): Format {
  const media = MEDIA_TYPE.exec(contentType)?.[1]?.toLowerCase() ?? "";
  const format = FORMATS.get(media);
  if (format !== undefined) return format;
  if (fallback !== undefined) return formatOf(PROTOCOLS[fallback], undefined);
  const what =
    contentType === ""
      ? "no Content-Type"
      : `the Content-Type ${JSON.stringify(contentType)}, which is no format for metrics`;
  throw new ScrapeFault(
    `the server answered ${what}; give the job a fallback_scrape_protocol (PrometheusText0.0.4, say)`,
  );
}
