import { labelsKey, messageOf } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { ScrapeClient } from "./client.ts";
import type { ScrapeConfig, TargetGroup } from "./job.ts";
import { ScrapeLoop } from "./loop.ts";
import type { Fetch, LoopDeps } from "./loop.ts";
import { makeTarget } from "./target.ts";
import type { Target } from "./target.ts";

/** What a job's groups come to. */
export interface FoundTargets {
  readonly targets: readonly Target[];
  /** The labels, before relabelling, of what relabelling dropped. */
  readonly dropped: readonly Labels[];
  readonly faults: readonly string[];
}

/** Makes the targets of a job's groups, each once. */
export function findTargets(job: ScrapeConfig, groups: readonly TargetGroup[]): FoundTargets {
  const targets = new Map<string, Target>();
  const dropped: Labels[] = [];
  const faults: string[] = [];
  for (const group of groups) {
    for (const address of group.targets) {
      try {
        const target = makeTarget(job, address, group.labels);
        if (target === undefined) dropped.push({ ...group.labels, __address__: address });
        else if (!targets.has(target.key)) targets.set(target.key, target);
      } catch (error) {
        faults.push(`${JSON.stringify(address)}: ${messageOf(error)}`);
      }
    }
  }
  return { targets: [...targets.values()], dropped, faults };
}

/** The loops of one job. */
export class Pool {
  #job: ScrapeConfig;
  #client: ScrapeClient | undefined;
  readonly #deps: LoopDeps;
  #loops = new Map<string, ScrapeLoop>();
  dropped: readonly Labels[] = [];

  constructor(job: ScrapeConfig, deps: LoopDeps) {
    this.#job = job;
    this.#deps = deps;
  }

  get jobName(): string {
    return this.#job.jobName;
  }

  loops(): readonly ScrapeLoop[] {
    return [...this.#loops.values()];
  }

  /**
   * Takes a version of the job and its targets into use. Loops of targets that stay go on without a
   * pause. Resolves when those that went have been marked as ended.
   */
  async apply(
    job: ScrapeConfig,
    found: FoundTargets,
    fetch: Fetch,
    client: ScrapeClient | undefined,
    started: boolean,
  ): Promise<void> {
    this.#job = job;
    this.dropped = found.dropped;
    const limit = job.limits.targets;
    const fault =
      limit > 0 && found.targets.length > limit
        ? `target_limit exceeded: ${found.targets.length} targets, the limit is ${limit}`
        : undefined;
    const before = this.#loops;
    const after = new Map<string, ScrapeLoop>();
    const fresh: ScrapeLoop[] = [];
    for (const target of found.targets) {
      const known = before.get(target.key);
      known?.reconfigure(job, fetch, fault);
      const loop = known ?? new ScrapeLoop(target, job, fetch, fault, this.#deps);
      if (known === undefined) fresh.push(loop);
      after.set(target.key, loop);
      before.delete(target.key);
    }
    this.#loops = after;
    const old = this.#client;
    this.#client = client;
    const heirs = new Map(fresh.map((loop) => [labelsKey(loop.target.labels), loop]));
    const endings = [...before.values()].map((gone) => {
      const key = labelsKey(gone.target.labels);
      const heir = heirs.get(key);
      heirs.delete(key);
      return heir === undefined ? gone.remove() : handOver(gone, heir, started);
    });
    if (started) for (const loop of heirs.values()) loop.start();
    await Promise.all(endings);
    // Requests that are under way on the old connections still end.
    await old?.close();
  }

  start(): void {
    for (const loop of this.#loops.values()) loop.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.loops().map((loop) => loop.stop()));
    await this.#client?.close();
  }
}

/** The same target under other settings: its series go on without a marker between. */
async function handOver(gone: ScrapeLoop, heir: ScrapeLoop, started: boolean): Promise<void> {
  await gone.stop();
  heir.inherit(gone);
  if (started) heir.start();
}
