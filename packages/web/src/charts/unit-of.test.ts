import { expect, it } from "vitest";
import { unitOf } from "./unit-of.ts";

it.each([
  ["up", "none"],
  ["rate(http_requests_total[5m])", "perSecond"],
  ["sum by (status) (rate(http_requests_total[5m]))", "perSecond"],
  ["rate(process_cpu_seconds_total[5m])", "none"],
  ["process_resident_memory_bytes", "bytes"],
  ["rate(http_response_size_bytes_sum[5m])", "bytesPerSecond"],
  [
    "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
    "seconds",
  ],
  ["rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m])", "seconds"],
  [
    'sum(rate(http_requests_total{status=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))',
    "share",
  ],
  ["node_filesystem_avail_bytes / node_filesystem_size_bytes", "share"],
  ["process_resident_memory_bytes / 1024", "none"],
  ["scrape_duration_seconds", "seconds"],
  ["count by (job) (up)", "none"],
  ["http_requests_total * 2", "none"],
])("%s is in %s", (expression, unit) => {
  expect(unitOf(expression)).toBe(unit);
});
