import { hash } from "node:crypto";
import { METRIC_NAME, sortedNames } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";

/** What a series is called in the tables. */
export interface SeriesIdentity {
  /** The 64-bit id, in halves: low is its last 32 bits. */
  readonly low: number;
  readonly high: number;
  /** The locality of its metric; see `familyOf`. */
  readonly family: number;
}

/** An identity with its id as a text of eight bytes, which is the smallest key of a Map. */
export interface KeyedIdentity extends SeriesIdentity {
  readonly key: string;
}

/** A number for a metric's name, by which the tables are sorted first. Names may share one. */
export function familyOf(metric: string): number {
  return hash("sha256", metric, "buffer").readUInt32LE(0);
}

/**
 * The id of a label set: 64 bits of a SHA-256, so that any process names a series alike without
 * asking and nobody can make two series meet. Empty values are absent labels. At a million series
 * two share an id with a probability of 3 in 100 million.
 */
export function identify(labels: Labels): KeyedIdentity {
  const flat: string[] = [];
  for (const name of sortedNames(labels)) {
    const value = labels[name] ?? "";
    if (value !== "") flat.push(name, value);
  }
  const digest = hash("sha256", JSON.stringify(flat), "buffer");
  return {
    low: digest.readUInt32LE(0),
    high: digest.readUInt32LE(4),
    family: familyOf(labels[METRIC_NAME] ?? ""),
    key: digest.toString("latin1", 0, 8),
  };
}
