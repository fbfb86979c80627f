import { METRIC_NAME } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import { KnownLabels } from "../push/known-labels.ts";
import type { PushLimits } from "../push/limits.ts";
import { seriesLabels } from "../push/series-labels.ts";
import { textOf } from "./attributes.ts";
import type { AttributeList } from "./attribute-list.ts";
import type { ScopeMetrics } from "./metrics-schema.ts";
import type { Namer } from "./names.ts";
import type { OtlpSettings } from "./settings.ts";

/** What all points of one scope of one resource have in common. */
export interface Origin {
  /** Equal for equal origins. */
  readonly key: string;
  /** Labels that win over a point's attributes, */
  readonly strong: Readonly<Record<string, string>>;
  /** and labels that a point's attributes win over. */
  readonly weak: Readonly<Record<string, string>>;
}

/** A resource as labels. */
export interface ResourceLabels {
  readonly strong: Readonly<Record<string, string>>;
  readonly weak: Readonly<Record<string, string>>;
  /** Labels of target_info; undefined when there is nothing to tell, or nobody to tell it about. */
  readonly info: Readonly<Record<string, string>> | undefined;
}

const SERVICE_NAME = "service.name";
const SERVICE_NAMESPACE = "service.namespace";
const SERVICE_INSTANCE = "service.instance.id";
const IDENTIFYING: readonly string[] = [SERVICE_NAME, SERVICE_NAMESPACE, SERVICE_INSTANCE];

/** The labels that a resource gives: job and instance, those promoted, and target_info's. */
export function resourceLabels(
  attributes: AttributeList,
  namer: Namer,
  settings: OtlpSettings,
): ResourceLabels {
  const values = new Map(attributes.map(({ key, value }) => [key, textOf(value)]));
  const strong: Record<string, string> = {};
  const name = values.get(SERVICE_NAME);
  const namespace = values.get(SERVICE_NAMESPACE);
  if (name !== undefined) strong["job"] = namespace === undefined ? name : `${namespace}/${name}`;
  const instance = values.get(SERVICE_INSTANCE);
  if (instance !== undefined) strong["instance"] = instance;
  const promoted = attributes.filter(({ key }) => isPromoted(key, settings));
  const told = attributes.filter(({ key }) => !IDENTIFYING.includes(key));
  const identified = Object.keys(strong).length > 0;
  const kept = settings.keepIdentifyingResourceAttributes ? attributes : told;
  return {
    strong,
    weak: attributeLabels(promoted, namer),
    info:
      identified && told.length > 0 ? { ...attributeLabels(kept, namer), ...strong } : undefined,
  };
}

/** What tells a resource from others whose series are its own: equal for equal job and instance. */
export function resourceIdentity(attributes: AttributeList): string {
  const values = new Map(attributes.map(({ key, value }) => [key, textOf(value)]));
  return JSON.stringify(IDENTIFYING.map((key) => values.get(key) ?? null));
}

function isPromoted(key: string, settings: OtlpSettings): boolean {
  return settings.promoteAllResourceAttributes
    ? !settings.ignoreResourceAttributes.includes(key)
    : settings.promoteResourceAttributes.includes(key);
}

/** What the points of a scope have in common with its resource. */
export function originOf(
  resource: ResourceLabels,
  { scope, schemaUrl }: ScopeMetrics,
  namer: Namer,
  settings: OtlpSettings,
): Origin {
  const strong: Record<string, string> = {};
  if (settings.promoteScopeMetadata && scope.name !== "") {
    for (const { key, value } of scope.attributes) {
      const label = namer.label(`otel_scope_${key}`);
      if (label !== undefined) strong[label] = textOf(value);
    }
    strong["otel_scope_name"] = scope.name;
    strong["otel_scope_version"] = scope.version;
    strong["otel_scope_schema_url"] = schemaUrl;
  }
  Object.assign(strong, resource.strong);
  return { key: JSON.stringify([strong, resource.weak]), strong, weak: resource.weak };
}

/** Attributes as labels: names escaped, in order of their keys; values whose names meet are joined. */
function attributeLabels(attributes: AttributeList, namer: Namer): Record<string, string> {
  const labels = new Map<string, string>();
  const sorted = [...attributes].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const { key, value } of sorted) {
    const name = namer.label(key);
    if (name === undefined) continue;
    const before = labels.get(name);
    const text = textOf(value);
    labels.set(name, before === undefined ? text : `${before};${text}`);
  }
  return Object.fromEntries(labels);
}

/** A point's series are made from this. */
export interface PointLabels {
  /** Equal for points with the same origin and attributes. */
  readonly key: string;
  readonly origin: Origin;
  readonly attributes: AttributeList;
  /** Its labels without name, once somebody asked. */
  base?: Readonly<Record<string, string>>;
}

/** The labels of points' series. A series that came before is not made again. */
export class SeriesLabels {
  readonly #known: KnownLabels;
  readonly #limits: PushLimits;
  readonly #namer: Namer;

  constructor(limits: PushLimits, namer: Namer) {
    this.#known = new KnownLabels(limits.knownSeries);
    this.#limits = limits;
    this.#namer = namer;
  }

  point(origin: Origin, attributes: AttributeList): PointLabels {
    let key = origin.key;
    for (const { key: name, value } of attributes) {
      const text = textOf(value);
      key += `${name.length}:${name}${text.length}:${text}`;
    }
    return { key, origin, attributes };
  }

  /** The labels of one series of a point, or what is wrong with them. `extra`: le or quantile. */
  series(
    point: PointLabels,
    name: string,
    extra?: readonly [label: string, value: string],
  ): Labels | string {
    const key = `${name}\u0000${extra?.[1] ?? ""}\u0000${point.key}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { origin, attributes } = point;
    point.base ??= {
      ...origin.weak,
      ...attributeLabels(attributes, this.#namer),
      ...origin.strong,
    };
    const all = {
      ...point.base,
      [METRIC_NAME]: name,
      ...(extra === undefined ? {} : { [extra[0]]: extra[1] }),
    };
    const labels = seriesLabels(Object.entries(all).flat(), this.#limits);
    return typeof labels === "string" ? labels : this.#known.add(key, labels);
  }
}
