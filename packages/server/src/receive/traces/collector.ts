import type { Labels, Span, SpanBatch, SpanEvent, SpanLink } from "../../model/index.ts";
import type { Mask } from "../logs/mask.ts";
import { timeText } from "../logs/time.ts";
import { RefusedItems } from "../push/refused-items.ts";
import type { TraceLimits } from "./limits.ts";

/** A span as a protocol tells it, before anything is checked. */
export interface GivenSpan extends Omit<
  Span,
  "service" | "resource" | "durationNs" | "events" | "links"
> {
  readonly endNs: bigint;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
}

/** What spans have in common that come from one process. */
export interface Origin {
  readonly service: string;
  readonly resource: Labels;
  /** Of the names and values of the resource, UTF-16 units. */
  readonly length: number;
  /** Why its spans cannot be stored; none when they can. */
  readonly fault: string | undefined;
}

export interface SpanCollectorOptions {
  readonly limits: TraceLimits;
  readonly mask: Mask;
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Collects the spans of one request: checks each against the limits, masks its texts, names its
 * service. What cannot be stored is noted in `refusals`, and the rest goes on.
 */
export class SpanCollector {
  readonly refusals = new RefusedItems("spans");
  readonly limits: TraceLimits;
  readonly #mask: Mask;
  readonly #earliest: bigint;
  readonly #latest: bigint;
  readonly #spans: Span[] = [];
  #stored = 0;

  constructor({ limits, mask, now }: SpanCollectorOptions) {
    this.limits = limits;
    this.#mask = mask;
    this.#earliest = BigInt(now - limits.pastMs) * 1_000_000n;
    this.#latest = BigInt(now + limits.futureMs) * 1_000_000n;
  }

  /** Spans that are to be stored. */
  get size(): number {
    return this.#spans.length;
  }

  /** The origin of the spans of one resource. */
  origin(resource: Labels): Origin {
    const { count, length } = sizeOf([resource]);
    const { attributes: most, attributesLength } = this.limits;
    const fault =
      count > most || length > attributesLength
        ? `a resource has ${count} attributes of ${length} characters (limits ${most} and ${attributesLength})`
        : undefined;
    const masked = fault === undefined ? this.#maskAll(resource) : {};
    return {
      service: masked["service.name"] ?? "unknown_service",
      resource: masked,
      length,
      fault,
    };
  }

  add(origin: Origin, given: GivenSpan): void {
    const { service, resource } = origin;
    const { endNs, ...rest } = given;
    const traceId = given.traceId.toLowerCase();
    const spanId = given.spanId.toLowerCase();
    const size = sizeOf([given.attributes, ...given.events.map(of), ...given.links.map(of)]);
    const length = origin.length + given.name.length + given.statusMessage.length + size.length;
    const fault =
      origin.fault === undefined
        ? (this.#fault(given, traceId, spanId) ?? this.#sizeFault(given, size, length))
        : (["over_limit", origin.fault] as const);
    if (fault !== undefined) return this.refusals.add(fault[0], fault[1]);
    this.#stored += length;
    const parentId = given.parentId.toLowerCase();
    this.#spans.push({
      ...rest,
      traceId,
      spanId,
      parentId: isId(parentId, 16) ? parentId : "",
      service,
      resource,
      name: this.#mask(given.name),
      // A clock that was put back within a span would make it negative.
      durationNs: endNs > given.startNs ? endNs - given.startNs : 0n,
      statusMessage: this.#mask(given.statusMessage),
      attributes: this.#maskAll(given.attributes),
      events: given.events.map((event) => ({
        ...event,
        name: this.#mask(event.name),
        attributes: this.#maskAll(event.attributes),
      })),
      links: given.links.map((link) => ({
        traceId: link.traceId.toLowerCase(),
        spanId: link.spanId.toLowerCase(),
        attributes: this.#maskAll(link.attributes),
      })),
    });
  }

  build(fingerprint: () => bigint): SpanBatch {
    return this.size === 0 ? { spans: [] } : { spans: this.#spans, fingerprint: fingerprint() };
  }

  /** What is wrong with a span, with the reason under which it is counted. */
  #fault(given: GivenSpan, traceId: string, spanId: string) {
    const { spans, nameLength, events: most } = this.limits;
    if (this.#spans.length >= spans) {
      return ["over_limit", `the request has more than ${spans} spans`] as const;
    }
    const { name, startNs, events, links } = given;
    const which = shownSpan(given);
    if (!isId(traceId, 32)) {
      return [
        "invalid",
        `${which} has the trace id ${shownId(traceId)}, which is not 32 hexadecimal digits that are not all 0`,
      ] as const;
    }
    if (!isId(spanId, 16)) {
      return [
        "invalid",
        `${which} has the span id ${shownId(spanId)}, which is not 16 hexadecimal digits that are not all 0`,
      ] as const;
    }
    if (name.length > nameLength) {
      return [
        "over_limit",
        `${which}… has a name of ${name.length} characters (limit ${nameLength})`,
      ] as const;
    }
    if (startNs < this.#earliest || startNs > this.#latest) {
      const late = startNs > this.#latest;
      return [
        "out_of_bounds",
        `${which} begins at ${timeText(startNs)}, which is ${late ? "in the future" : "too old"}; ${late ? "the latest" : "the oldest"} that is taken is ${timeText(late ? this.#latest : this.#earliest)}`,
      ] as const;
    }
    if (events.length > most || links.length > most) {
      return [
        "over_limit",
        `${which} has ${events.length} events and ${links.length} links (limit ${most} each)`,
      ] as const;
    }
    return undefined;
  }

  /** `stored`: what the span takes, its resource included. */
  #sizeFault(given: GivenSpan, { count, length }: ReturnType<typeof sizeOf>, stored: number) {
    const { attributes: most, attributesLength, storedLength } = this.limits;
    if (count > most || length > attributesLength) {
      return [
        "over_limit",
        `${shownSpan(given)} has ${count} attributes of ${length} characters, those of events and links included (limits ${most} and ${attributesLength})`,
      ] as const;
    }
    if (this.#stored + stored > storedLength) {
      return [
        "over_limit",
        `the spans of the request have more than ${storedLength} characters, with the resource of each; send fewer in one request`,
      ] as const;
    }
    return undefined;
  }

  #maskAll(texts: Labels): Labels {
    const masked: Record<string, string> = {};
    for (const name in texts) {
      const value = texts[name] ?? "";
      if (value !== "") masked[name] = this.#mask(value);
    }
    return masked;
  }
}

/** How many texts there are, and how long names and values are together, UTF-16 units. */
function sizeOf(all: readonly Labels[]): { readonly count: number; readonly length: number } {
  let count = 0;
  let length = 0;
  for (const texts of all) {
    for (const name in texts) {
      count += 1;
      length += name.length + (texts[name] ?? "").length;
    }
  }
  return { count, length };
}

const shownSpan = ({ name }: GivenSpan) => `span ${JSON.stringify(name.slice(0, 60))}`;

const of = ({ attributes }: { readonly attributes: Labels }) => attributes;

function isId(text: string, digits: number): boolean {
  return text.length === digits && /^[0-9a-f]+$/.test(text) && !/^0+$/.test(text);
}

function shownId(id: string): string {
  return JSON.stringify(id.length > 40 ? `${id.slice(0, 40)}…` : id);
}
