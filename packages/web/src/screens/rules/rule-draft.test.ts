import fc from "fast-check";
import { expect, it } from "vitest";
import { alertLabels, draftInUrl, emptyDraft, faultsOf, withDraft } from "./rule-draft.ts";

it("stands in the address as far as it differs from what it began with", () => {
  const present = new URLSearchParams("tz=utc&expr=old");
  expect(withDraft(present, emptyDraft, emptyDraft).toString()).toBe("tz=utc");
  const changed = { ...emptyDraft, expression: "up == 0", hold: "", labels: [] };
  const params = withDraft(present, changed, emptyDraft);
  expect(params.toString()).toBe("tz=utc&expr=up+%3D%3D+0&for=&label=");
  expect(draftInUrl(params, emptyDraft)).toEqual(changed);
});

it("comes back from the address as it was, whatever is written", () => {
  const pair = fc.tuple(fc.stringMatching(/^[a-z_]{1,8}$/), fc.string());
  const draft = fc.record({
    type: fc.constant("alerting" as const),
    language: fc.constantFrom("promql" as const, "logql" as const),
    name: fc.string(),
    expression: fc.string(),
    hold: fc.string(),
    keep: fc.string(),
    labels: fc.array(pair, { maxLength: 4 }),
    annotations: fc.array(pair, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(draft, draft, (written, base) => {
      expect(draftInUrl(withDraft(new URLSearchParams(), written, base), base)).toEqual(written);
    }),
    { numRuns: 300 },
  );
});

it("knows the labels of its alerts, but for templates", () => {
  const draft = {
    ...emptyDraft,
    name: "X",
    labels: [
      ["severity", "critical"],
      ["team", "{{ $labels.owner }}"],
      ["service", "fixed"],
    ] as const,
  };
  expect(alertLabels(draft, { service: "shop", job: "a" })).toEqual({
    alertname: "X",
    severity: "critical",
    service: "fixed",
    job: "a",
  });
});

it("says what cannot go into a file", () => {
  expect(faultsOf({ ...emptyDraft, hold: "5 minutes" })).toMatchObject({ keep: null });
  expect(faultsOf({ ...emptyDraft, hold: "5 minutes" }).hold).toMatch(/1h30m/);
  expect(faultsOf({ ...emptyDraft, type: "recording", name: "a b" }).name).toMatch(/named/);
  expect(faultsOf(emptyDraft)).toEqual({ name: null, hold: null, keep: null });
});
