import { describe, expect, it } from "vitest";
import { fingerprint, labelsKey, withoutEmpty } from "./labels.ts";

/** The definition, in BigInt: slow and plainly right. */
function reference(labels: Record<string, string>): string {
  let hash = 14695981039346656037n;
  const add = (byte: number) => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 1099511628211n);
  };
  for (const name of Object.keys(labels).sort()) {
    for (const byte of Buffer.from(name)) add(byte);
    add(255);
    for (const byte of Buffer.from(labels[name] ?? "")) add(byte);
    add(255);
  }
  return hash.toString(16).padStart(16, "0");
}

describe("labels", () => {
  it("fingerprints like Prometheus's common/model", () => {
    // The empty set's fingerprint is FNV-1a's offset basis.
    expect(fingerprint({})).toBe("cbf29ce484222325");
    for (const labels of [
      { a: "b" },
      { job: "shop", instance: "127.0.0.1:4100" },
      { été: "héé😀", b: "" },
    ]) {
      expect(fingerprint(labels)).toBe(reference(labels as Record<string, string>));
    }
  });

  it("does not depend on insertion order", () => {
    expect(fingerprint({ a: "1", b: "2" })).toBe(fingerprint({ b: "2", a: "1" }));
    expect(labelsKey({ a: "1", b: "2" })).toBe(labelsKey({ b: "2", a: "1" }));
    expect(labelsKey({ a: "1b" })).not.toBe(labelsKey({ a1: "b" }));
    expect(labelsKey({ a: "x\u0002b\u0001y" })).not.toBe(labelsKey({ a: "x", b: "y" }));
    expect(labelsKey({ a: "13:b" })).not.toBe(labelsKey({ a: "1", "3": "b" }));
  });

  it("treats empty values as absent", () => {
    expect(withoutEmpty({ a: "", b: "x" })).toEqual({ b: "x" });
  });
});
