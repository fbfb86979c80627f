import { labelsKey, messageOf } from "../../model/index.ts";
import type { Labels } from "../../model/index.ts";
import type { HttpClient } from "./http-client.ts";
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
  /** How many it dropped, those with them that are not kept to be shown. */
  readonly droppedCount: number;
  readonly faults: readonly string[];
}

/** Makes the targets of a job's groups, each once. */
export function findTargets(job: ScrapeConfig, groups: readonly TargetGroup[]): FoundTargets {
  const targets = new Map<string, Target>();
  const dropped: Labels[] = [];
  const faults: string[] = [];
  const keep = job.limits.droppedTargets;
  let droppedCount = 0;
  for (const group of groups) {
    for (const address of group.targets) {
      try {
        const target = makeTarget(job, address, group.labels);
        if ("drop" in target) {
          droppedCount += 1;
          if (keep === 0 || dropped.length < keep) dropped.push(target.drop);
        } else if (!targets.has(target.key)) targets.set(target.key, target);
      } catch (error) {
        faults.push(`${JSON.stringify(address)}: ${messageOf(error)}`);
      }
    }
  }
  return { targets: [...targets.values()], dropped, droppedCount, faults };
}

/** How a pool asks its targets, and what is to be closed when it asks otherwise. */
export interface Asking {
  readonly fetch: Fetch;
  readonly client: HttpClient | undefined;
}

/** The loops of one job. */
export class Pool {
  #job: ScrapeConfig;
  #asking: Asking;
  readonly #deps: LoopDeps;
  #loops = new Map<string, ScrapeLoop>();
  #started = false;
  dropped: readonly Labels[] = [];
  droppedCount = 0;

  constructor(job: ScrapeConfig, asking: Asking, deps: LoopDeps) {
    this.#job = job;
    this.#asking = asking;
    this.#deps = deps;
  }

  get job(): ScrapeConfig {
    return this.#job;
  }

  loops(): readonly ScrapeLoop[] {
    return [...this.#loops.values()];
  }

  /** Takes another version of the job, and what was found for it, into use. */
  async reconfigure(job: ScrapeConfig, asking: Asking, found: FoundTargets): Promise<void> {
    const old = this.#asking.client;
    this.#job = job;
    this.#asking = asking;
    await this.update(found);
    // Requests that are under way on the old connections still end; nobody waits for them here.
    old?.close().catch((error: unknown) => {
      this.#deps.log.warn({ err: error, job: job.jobName }, "old connections were not closed");
    });
  }

  /**
   * Takes another set of targets into use. Loops of targets that stay go on without a pause. Resolves
   * when those that went have been marked as ended.
   */
  async update(found: FoundTargets): Promise<void> {
    const job = this.#job;
    const { fetch } = this.#asking;
    this.dropped = found.dropped;
    this.droppedCount = found.droppedCount;
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
    const heirs = new Map(fresh.map((loop) => [labelsKey(loop.target.labels), loop]));
    const endings = [...before.values()].map(async (gone) => {
      const key = labelsKey(gone.target.labels);
      const heir = heirs.get(key);
      heirs.delete(key);
      if (heir === undefined) return await gone.remove();
      // The same target under other settings: its series go on without a marker between.
      await gone.stop();
      heir.inherit(gone);
      if (this.#started) heir.start();
    });
    if (this.#started) for (const loop of heirs.values()) loop.start();
    await Promise.all(endings);
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const loop of this.#loops.values()) loop.start();
  }

  /** Ends the pool because its targets are no longer wanted. */
  async remove(): Promise<void> {
    await Promise.all(this.loops().map((loop) => loop.remove()));
    await this.#asking.client?.close();
  }

  /** Ends the pool because the server goes away. */
  async stop(): Promise<void> {
    await Promise.all(this.loops().map((loop) => loop.stop()));
    await this.#asking.client?.close();
  }
}
