import type { MetricsQuery } from "./query/index.ts";
import type { MeasuredImpact } from "./respond/index.ts";

const SECOND = 1000;

/**
 * Measures what an incident did to the requests of a service, by the series of the kit
 * (`http_requests_total`, whose service is label `service` or `job`); undefined where there are none.
 */
export function impactBy(metrics: Pick<MetricsQuery, "instant">) {
  async function sum(selector: string, seconds: number, at: number): Promise<number | undefined> {
    const { value } = await metrics.instant(
      `sum(increase(http_requests_total${selector}[${seconds}s]))`,
      at,
    );
    const [found] = value.type === "vector" ? value.samples : [];
    const number = found !== undefined && "value" in found ? found.value : undefined;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  }

  return async (service: string, from: number, to: number): Promise<MeasuredImpact | undefined> => {
    const seconds = Math.max(60, Math.ceil((to - from) / SECOND));
    for (const label of ["service", "job"]) {
      const is = `${label}=${JSON.stringify(service)}`;
      const requests = await sum(`{${is}}`, seconds, to);
      if (requests === undefined) continue;
      return {
        requests,
        failed: (await sum(`{${is},status=~"5.."}`, seconds, to)) ?? 0,
        requestsOfMonth: (await sum(`{${is}}`, 30 * 86_400, to)) ?? null,
      };
    }
    return undefined;
  };
}
