import type { RunbookRunRecord } from "../../../store/index.ts";

/** What was filled in, behind an action's title. */
export function valuesInWords(values: Readonly<Record<string, string>>): string {
  const said = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return said.length === 0 ? "" : ` (${said.join(", ")})`;
}

/** How a run ended, as the timeline says it. */
export function endInWords(run: RunbookRunRecord): string {
  const { startedAt, endedAt, exitCode, status, reason } = run;
  const tookMs = (endedAt?.getTime() ?? 0) - (startedAt?.getTime() ?? 0);
  const took = tookMs < 1000 ? `${tookMs} ms` : `${(tookMs / 1000).toFixed(1)} s`;
  const facts = [
    ...(exitCode === null ? [] : [`exit code ${exitCode}`]),
    ...(status === null ? [] : [`status ${status}`]),
    ...(reason === null ? [] : [reason]),
  ];
  const how = run.state === "succeeded" ? "succeeded" : "failed";
  return `${how} after ${took}${facts.length === 0 ? "" : `: ${facts.join(", ")}`}`;
}
