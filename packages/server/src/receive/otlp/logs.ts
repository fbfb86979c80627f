import type { LogCollector } from "../logs/collector.ts";
import { labelName } from "../logs/collector.ts";
import { listAt, objectAt, parseJson, scalarText } from "../logs/json.ts";
import type { Json } from "../logs/json.ts";
import { nanoseconds } from "../logs/time.ts";
import { ProtoReader, tagOf, WIRE } from "../protobuf.ts";
import {
  anyValueOfJson,
  attributesOfJson,
  FlatAttributes,
  readAnyValue,
  readKeyValue,
  textOf,
} from "./attributes.ts";
import type { AnyValue, Attributes, FlatLimits } from "./attributes.ts";

/** Resource attributes that become labels of the stream, as in Loki; the others are metadata. */
const STREAM_ATTRIBUTES = new Set([
  "service.name",
  "service.namespace",
  "service.instance.id",
  "deployment.environment",
  "deployment.environment.name",
  "cloud.region",
  "cloud.availability_zone",
  "k8s.cluster.name",
  "k8s.namespace.name",
  "k8s.pod.name",
  "k8s.container.name",
  "container.name",
  "k8s.replicaset.name",
  "k8s.deployment.name",
  "k8s.statefulset.name",
  "k8s.daemonset.name",
  "k8s.cronjob.name",
  "k8s.job.name",
]);

interface LogRecord {
  time: bigint;
  observed: bigint;
  severityNumber: number;
  severityText: string;
  body: AnyValue;
  attributes: Attributes;
  traceId: string;
  spanId: string;
}

const emptyRecord = (): LogRecord => ({
  time: 0n,
  observed: 0n,
  severityNumber: 0,
  severityText: "",
  body: null,
  attributes: {},
  traceId: "",
  spanId: "",
});

interface Scope {
  name: string;
  version: string;
  attributes: Attributes;
}

/** What is the same for all records of a scope. */
class ScopeOfRecords {
  readonly #into: LogCollector;
  readonly #limits: FlatLimits;
  readonly #labels: Record<string, string> = {};
  readonly #metadata: FlatAttributes;

  constructor(into: LogCollector, resource: Attributes, scope: Scope) {
    this.#into = into;
    const { metadata, metadataLength, labels, nameLength, valueLength } = into.limits;
    this.#limits = { count: metadata, length: metadataLength };
    this.#metadata = new FlatAttributes(this.#limits, labelName);
    // What is beyond these is beyond those of labels or of metadata, whichever of them it becomes.
    const both = {
      count: metadata + labels,
      length: metadataLength + labels * (nameLength + valueLength),
    };
    for (const [name, value] of Object.entries(new FlatAttributes(both).add(resource).texts)) {
      if (STREAM_ATTRIBUTES.has(name)) this.#labels[labelName(name)] = value;
      else this.#metadata.put(name, value);
    }
    this.#metadata.add(scope.attributes);
    this.#metadata.put("scope_name", scope.name);
    this.#metadata.put("scope_version", scope.version);
    this.#labels["service_name"] ??= "unknown_service";
  }

  add(record: LogRecord): void {
    const metadata = new FlatAttributes(this.#limits, labelName, this.#metadata);
    metadata.add(record.attributes);
    if (record.severityNumber > 0) metadata.put("severity_number", String(record.severityNumber));
    metadata.put("severity_text", record.severityText);
    metadata.put("trace_id", record.traceId);
    metadata.put("span_id", record.spanId);
    const { time, observed } = record;
    const at = time > 0n ? time : observed > 0n ? observed : undefined;
    this.#into.add(this.#into.stream(this.#labels), at, textOf(record.body), metadata.texts);
  }
}

/** Reads ExportLogsServiceRequest as OTLP's JSON (ids in hexadecimal, 64-bit numbers as texts). */
export function readOtlpLogsJson(body: Buffer, into: LogCollector): void {
  const request = objectAt(parseJson(body), "the body");
  listAt(request["resourceLogs"], "resourceLogs").forEach((resourceLogs, r) => {
    const where = `resourceLogs[${r}]`;
    const given = objectAt(resourceLogs, where);
    const resource = attributesOfJson(
      objectAt(given["resource"], `${where}.resource`)["attributes"],
    );
    listAt(given["scopeLogs"], `${where}.scopeLogs`).forEach((scopeLogs, s) => {
      const at = `${where}.scopeLogs[${s}]`;
      const { scope, logRecords } = objectAt(scopeLogs, at);
      const named = objectAt(scope, `${at}.scope`);
      const records = new ScopeOfRecords(into, resource, {
        name: typeof named["name"] === "string" ? named["name"] : "",
        version: typeof named["version"] === "string" ? named["version"] : "",
        attributes: attributesOfJson(named["attributes"]),
      });
      listAt(logRecords, `${at}.logRecords`).forEach((record, l) => {
        records.add(recordOfJson(objectAt(record, `${at}.logRecords[${l}]`)));
      });
    });
  });
}

function recordOfJson(given: Readonly<Record<string, Json>>): LogRecord {
  const text = (name: string) => {
    const value = given[name];
    return typeof value === "string" ? value : "";
  };
  const id = (name: string) =>
    /^(?!0+$)[0-9a-fA-F]+$/.test(text(name)) ? text(name).toLowerCase() : "";
  const time = (name: string) => nanoseconds(scalarText(given[name])) ?? 0n;
  return {
    time: time("timeUnixNano"),
    observed: time("observedTimeUnixNano"),
    severityNumber: Number(given["severityNumber"] ?? 0) || 0,
    severityText: text("severityText"),
    body: anyValueOfJson(given["body"]),
    attributes: attributesOfJson(given["attributes"]),
    traceId: id("traceId"),
    spanId: id("spanId"),
  };
}

const RESOURCE_LOGS = tagOf(1, WIRE.bytes);
const RESOURCE = tagOf(1, WIRE.bytes);
const SCOPE_LOGS = tagOf(2, WIRE.bytes);
const RESOURCE_ATTRIBUTE = tagOf(1, WIRE.bytes);
const SCOPE = tagOf(1, WIRE.bytes);
const LOG_RECORD = tagOf(2, WIRE.bytes);
const SCOPE_NAME = tagOf(1, WIRE.bytes);
const SCOPE_VERSION = tagOf(2, WIRE.bytes);
const SCOPE_ATTRIBUTE = tagOf(3, WIRE.bytes);
const TIME = tagOf(1, WIRE.fixed64);
const SEVERITY_NUMBER = tagOf(2, WIRE.varint);
const SEVERITY_TEXT = tagOf(3, WIRE.bytes);
const BODY = tagOf(5, WIRE.bytes);
const ATTRIBUTE = tagOf(6, WIRE.bytes);
const TRACE_ID = tagOf(9, WIRE.bytes);
const SPAN_ID = tagOf(10, WIRE.bytes);
const OBSERVED = tagOf(11, WIRE.fixed64);

/** Reads ExportLogsServiceRequest as protobuf (logs/v1/logs.proto). */
export function readOtlpLogsProtobuf(body: Buffer, into: LogCollector): void {
  const reader = new ProtoReader(body);
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === RESOURCE_LOGS) readResourceLogs(reader, into);
    else reader.skip(tag);
  }
}

/** The resource may stand behind its records, so those are read in a second pass. */
function readResourceLogs(reader: ProtoReader, into: LogCollector): void {
  const resource: Attributes = {};
  twice(
    reader,
    (tag) => {
      if (tag !== RESOURCE) return false;
      readAttributes(reader, RESOURCE_ATTRIBUTE, resource);
      return true;
    },
    (tag) => {
      if (tag !== SCOPE_LOGS) return false;
      readScopeLogs(reader, into, resource);
      return true;
    },
  );
}

function readScopeLogs(reader: ProtoReader, into: LogCollector, resource: Attributes): void {
  const scope: Scope = { name: "", version: "", attributes: {} };
  let records: ScopeOfRecords | undefined;
  twice(
    reader,
    (tag) => {
      if (tag !== SCOPE) return false;
      readScope(reader, scope);
      return true;
    },
    (tag) => {
      if (tag !== LOG_RECORD) return false;
      records ??= new ScopeOfRecords(into, resource, scope);
      records.add(readRecord(reader));
      return true;
    },
  );
}

/** Goes through the message here twice, each time with the fields that the visitor takes. */
function twice(
  reader: ProtoReader,
  first: (tag: number) => boolean,
  second: (tag: number) => boolean,
): void {
  const start = reader.at;
  for (const visit of [first, second]) {
    reader.at = start;
    const outer = reader.open();
    while (reader.more) {
      const tag = reader.nextTag();
      if (!visit(tag)) reader.skip(tag);
    }
    reader.close(outer);
  }
}

function readAttributes(reader: ProtoReader, wanted: number, into: Attributes): void {
  const outer = reader.open();
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === wanted) readKeyValue(reader, into);
    else reader.skip(tag);
  }
  reader.close(outer);
}

function readScope(reader: ProtoReader, scope: Scope): void {
  const outer = reader.open();
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === SCOPE_NAME) scope.name = reader.string();
    else if (tag === SCOPE_VERSION) scope.version = reader.string();
    else if (tag === SCOPE_ATTRIBUTE) readKeyValue(reader, scope.attributes);
    else reader.skip(tag);
  }
  reader.close(outer);
}

function readRecord(reader: ProtoReader): LogRecord {
  const record = emptyRecord();
  const outer = reader.open();
  while (reader.more) {
    const tag = reader.nextTag();
    if (tag === TIME) record.time = reader.bigFixed64();
    else if (tag === OBSERVED) record.observed = reader.bigFixed64();
    else if (tag === SEVERITY_NUMBER) record.severityNumber = reader.uint32();
    else if (tag === SEVERITY_TEXT) record.severityText = reader.string();
    else if (tag === BODY) record.body = readAnyValue(reader);
    else if (tag === ATTRIBUTE) readKeyValue(reader, record.attributes);
    else if (tag === TRACE_ID) record.traceId = readId(reader);
    else if (tag === SPAN_ID) record.spanId = readId(reader);
    else reader.skip(tag);
  }
  reader.close(outer);
  return record;
}

/** Hexadecimal; none when it is all zeros, which means that there is none. */
function readId(reader: ProtoReader): string {
  const hex = reader.blob().toString("hex");
  return /^0*$/.test(hex) ? "" : hex;
}
