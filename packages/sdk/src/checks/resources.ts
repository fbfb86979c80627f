import { statfs } from "node:fs/promises";
import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { Check } from "../health/health.ts";
import { Gauge, type Levels } from "./levels.ts";

export interface DiskOptions {
  /** Percent of the space that is used. Default: degraded 85, unhealthy 95. */
  readonly usedPercent?: Levels;
}

/** The file system that holds `path` has room left for unprivileged users. */
export function disk(path = ".", options: DiskOptions = {}): Check {
  const gauge = new Gauge(options.usedPercent ?? { degraded: 85, unhealthy: 95 });
  return async () => {
    const { blocks, bfree, bavail } = await statfs(path);
    const used = blocks - bfree;
    // As `df` counts: what is reserved for the administrator is not part of the whole.
    const percent = used + bavail === 0 ? 0 : (used / (used + bavail)) * 100;
    return gauge.read(percent, (value) => `${value.toFixed(1)} % used`);
  };
}

export interface MemoryOptions {
  /** Percent of V8's heap limit in use. Default: degraded 85, unhealthy 95. */
  readonly heapPercent?: Levels;
  /**
   * Percent of the memory that the process may have (its container's, where there is a limit) that is
   * resident. Default: degraded 85, unhealthy 95.
   */
  readonly residentPercent?: Levels;
}

/** The process has memory left, of its heap and of what the system lets it have. */
export function memory(options: MemoryOptions = {}): Check {
  const heap = new Gauge(options.heapPercent ?? { degraded: 85, unhealthy: 95 });
  const resident = new Gauge(options.residentPercent ?? { degraded: 85, unhealthy: 95 });
  return () => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const inHeap = heap.read((used / limit) * 100, (value) => `heap ${value.toFixed(1)} % used`);
    const allowed = process.constrainedMemory();
    // 0: no limit is known. Without one the number is beyond any real memory.
    if (allowed <= 0 || allowed > Number.MAX_SAFE_INTEGER) return inHeap;
    const inProcess = resident.read(
      (process.memoryUsage.rss() / allowed) * 100,
      (value) => `resident ${value.toFixed(1)} % of the limit`,
    );
    return inProcess.status === "healthy" ? inHeap : inProcess;
  };
}

/**
 * The event loop is not held up: the 99th percentile of its delay since the check was last run, in
 * milliseconds. Default: degraded at 200, never unhealthy, since a restart cures it seldom.
 */
export function eventLoop(levels: Levels = { degraded: 200 }): Check {
  const gauge = new Gauge(levels);
  let histogram: IntervalHistogram | undefined;
  return () => {
    if (histogram === undefined) {
      histogram = monitorEventLoopDelay({ resolution: 20 });
      histogram.enable();
    }
    const milliseconds = histogram.count === 0 ? 0 : histogram.percentile(99) / 1e6;
    histogram.reset();
    return gauge.read(milliseconds, (value) => `99 % of delays below ${value.toFixed(0)} ms`);
  };
}
