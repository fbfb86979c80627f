import type { ServiceSummary } from "@seaworthy/contract";

/** From this share of failed requests on, a service is drawn as failing. */
export const failingShare = 0.01;

/** Worst first: what fires, what is down, what fails most, what is slowest. */
export function worstFirst(a: ServiceSummary, b: ServiceSummary): number {
  return (
    b.firingAlerts - a.firingAlerts ||
    (a.up ?? 1) - (b.up ?? 1) ||
    (b.errorShare ?? 0) - (a.errorShare ?? 0) ||
    (b.p95 ?? 0) - (a.p95 ?? 0) ||
    (a.service < b.service ? -1 : 1)
  );
}
