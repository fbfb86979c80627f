import { dirname } from "node:path";
import type { Config } from "./config.ts";
import { loadRuleGroups, logqlRules } from "./evaluate/index.ts";
import type { ExpressionLanguage, LoadedRules } from "./evaluate/index.ts";
import { ConfigError, formatFault } from "./model/index.ts";
import type { Fault } from "./model/index.ts";
import { loadProbeModules, loadPrometheusConfig } from "./receive/index.ts";
import type { ProbeModules, PrometheusConfig } from "./receive/index.ts";
import { loadRouteConfig } from "./route/index.ts";
import type { RouteConfig } from "./route/index.ts";

/** All standard files, read and checked: applying them cannot fail. */
export interface Configuration {
  readonly prometheus: PrometheusConfig;
  readonly rules: LoadedRules;
  readonly routes: RouteConfig;
  readonly probes: ProbeModules;
  /** What is odd without being wrong, for the log. */
  readonly notes: readonly string[];
}

/**
 * Reads `prometheus.yml` with its rule files, those over logs, and `alertmanager.yml`. Throws ConfigError
 * with the faults of all.
 */
export async function loadConfiguration(
  config: Config,
  promqlRules: ExpressionLanguage,
): Promise<Configuration> {
  const faults: Fault[] = [];
  const orFaults = async <T>(loading: Promise<T>): Promise<T | undefined> => {
    try {
      return await loading;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const [prometheus, routes, probes] = await Promise.all([
    orFaults(
      loadPrometheusConfig(config.prometheusFile, {
        startTimestamps: config.telemetry.startZeros,
      }),
    ),
    orFaults(loadRouteConfig(config.alertmanagerFile)),
    orFaults(loadProbeModules(config.probes.modulesFile)),
  ]);
  const rules = prometheus && (await loadRules(config, prometheus, promqlRules, orFaults));
  for (const name of Object.keys(config.ruleSettings)) {
    if (rules === undefined || rules.settings.has(name)) continue;
    const known = [...rules.settings].toSorted().join(", ") || "none";
    faults.push(
      ownFault(config, `rules.settings.${name}`, `no rule has this setting; there are ${known}`),
    );
  }
  for (const [path, name] of [
    ["notifications.fallback.receiver", config.notifications.fallback?.receiver],
    ["notifications.digest.receiver", config.notifications.digest?.receiver],
  ] as const) {
    if (name === undefined || routes === undefined) continue;
    const receiver = routes.receivers.get(name);
    if (receiver === undefined)
      faults.push(ownFault(config, path, `${routes.file} has no receiver "${name}"`));
    else if (receiver.integrations.length === 0)
      faults.push(ownFault(config, path, `receiver "${name}" has no integration to be told by`));
  }
  if (faults.length > 0) throw new ConfigError(faults);
  if (!prometheus || !rules || !routes || !probes) throw new ConfigError(faults);
  return {
    prometheus,
    rules,
    routes,
    probes,
    notes: [...prometheus.notes.map(formatFault), ...rules.notes],
  };
}

/** What rules are read with that their files do not say. */
export function ruleDefaults(config: Config, prometheus: PrometheusConfig) {
  return {
    interval: prometheus.evaluationInterval,
    queryOffset: prometheus.ruleQueryOffset,
    externalLabels: prometheus.externalLabels,
    settings: config.ruleSettings,
  };
}

/** The rules of both languages; undefined when one of them has a fault. */
async function loadRules(
  config: Config,
  prometheus: PrometheusConfig,
  promqlRules: ExpressionLanguage,
  orFaults: <T>(loading: Promise<T>) => Promise<T | undefined>,
): Promise<LoadedRules | undefined> {
  const defaults = ruleDefaults(config, prometheus);
  const { ruleFiles } = prometheus;
  const loaded = await Promise.all([
    orFaults(loadRuleGroups(ruleFiles, dirname(config.prometheusFile), defaults, promqlRules)),
    orFaults(loadRuleGroups(config.logRuleFiles, dirname(config.file), defaults, logqlRules)),
  ]);
  const good = loaded.filter((rules) => rules !== undefined);
  if (good.length < loaded.length) return undefined;
  return {
    groups: good.flatMap(({ groups }) => groups),
    notes: good.flatMap(({ notes }) => notes),
    settings: new Set(good.flatMap(({ settings }) => [...settings])),
  };
}

/** A fault in seaworthy.yml that shows only beside another file. */
function ownFault({ file }: Config, path: string, reason: string): Fault {
  return { file, line: 1, column: 1, path, reason };
}
