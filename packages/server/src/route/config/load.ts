import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { TemplateError } from "@seaworthy/template";
import {
  ConfigError,
  expandGlob,
  maskSecrets,
  messageOf,
  readConfigFile,
} from "../../model/index.ts";
import type { ConfigDocument, Fault } from "../../model/index.ts";
import { Templates } from "../notify/templates.ts";
import { resolveReceivers } from "./receivers.ts";
import type { InhibitRule, Receiver, RouteConfig, TemplateFile } from "./route-config.ts";
import { buildRouteTree, walkRoutes } from "./route-tree.ts";
import type { Route } from "./route-tree.ts";
import { alertmanagerDocument } from "./schema.ts";
import type { AlertmanagerDocument, InhibitRuleDocument, RouteDocument } from "./schema.ts";
import type { TimeInterval } from "./time-interval.ts";

type Document = ConfigDocument<AlertmanagerDocument>;
type Path = readonly PropertyKey[];

const DEFAULT_RESOLVE_TIMEOUT = 5 * 60_000;

/**
 * Reads `alertmanager.yml` and the template files that it names, as the newest Alertmanager reads
 * them. Throws ConfigError listing every fault with file, line, column and path. What is valid but
 * will surprise someone (an integration that is not delivered to) is in `warnings`.
 */
export async function loadRouteConfig(file: string): Promise<RouteConfig> {
  const document = await readConfigFile<AlertmanagerDocument>(file, alertmanagerDocument, {
    exactText: true,
  });
  const { value } = document;
  const faults: Fault[] = [];
  const { receivers, faults: receiverFaults } = resolveReceivers(document);
  faults.push(...receiverFaults);
  const timeIntervals = collectTimeIntervals(document, faults);
  checkRoot(document, faults);
  if (value.route !== undefined)
    checkRoute(value.route, ["route"], { document, receivers, timeIntervals, faults });
  const templates = await readTemplates(document, faults);
  const compiled = compileTemplates(templates, faults);
  if (value.route === undefined || faults.length > 0) throw new ConfigError(faults);

  const root = buildRouteTree(value.route);
  return {
    file,
    original: maskSecrets(document.text),
    resolveTimeout: value.global?.resolve_timeout ?? DEFAULT_RESOLVE_TIMEOUT,
    root,
    inhibitRules: value.inhibit_rules.map(inhibitRule),
    receivers,
    timeIntervals,
    templates,
    warnings: [...warningsOf(value, root, receivers), ...templateWarnings(receivers, compiled)],
  };
}

function collectTimeIntervals(
  document: Document,
  faults: Fault[],
): ReadonlyMap<string, readonly TimeInterval[]> {
  const found = new Map<string, readonly TimeInterval[]>();
  for (const section of ["mute_time_intervals", "time_intervals"] as const) {
    document.value[section].forEach(({ name, time_intervals }, index) => {
      if (found.has(name))
        faults.push(
          document.fault([section, index, "name"], `time interval "${name}" is defined twice`),
        );
      found.set(name, time_intervals);
    });
  }
  return found;
}

/** The root takes every alert, so it must have a receiver and nothing that turns alerts away. */
function checkRoot(document: Document, faults: Fault[]): void {
  const { route } = document.value;
  const fault = (reason: string, ...path: Path) => faults.push(document.fault(path, reason));
  if (route === undefined) {
    fault("a route must be given: it says who is notified", "route");
    return;
  }
  if (route.receiver === "") fault("the root route needs a receiver", "route");
  if (route.continue) fault("the root route cannot continue", "route", "continue");
  for (const name of ["match", "match_re", "mute_time_intervals", "active_time_intervals"] as const)
    if (route[name].length > 0) fault(`the root route cannot have ${name}`, "route", name);
  if (route.matchers.matchers.length > 0)
    fault("the root route cannot have matchers", "route", "matchers");
}

interface RouteChecks {
  readonly document: Document;
  readonly receivers: ReadonlyMap<string, unknown>;
  readonly timeIntervals: ReadonlyMap<string, unknown>;
  readonly faults: Fault[];
}

function checkRoute(route: RouteDocument, path: Path, checks: RouteChecks): void {
  const { document, receivers, timeIntervals, faults } = checks;
  if (route.receiver !== "" && !receivers.has(route.receiver))
    faults.push(
      document.fault([...path, "receiver"], `receiver "${route.receiver}" is not defined`),
    );
  for (const section of ["mute_time_intervals", "active_time_intervals"] as const) {
    route[section].forEach((name, index) => {
      if (!timeIntervals.has(name))
        faults.push(
          document.fault([...path, section, index], `time interval "${name}" is not defined`),
        );
    });
  }
  route.routes.forEach((child, index) => checkRoute(child, [...path, "routes", index], checks));
}

async function readTemplates(document: Document, faults: Fault[]): Promise<TemplateFile[]> {
  const files: TemplateFile[] = [];
  for (const [index, pattern] of document.value.templates.entries()) {
    try {
      for (const path of await expandGlob(pattern, dirname(document.file)))
        files.push({ path, text: await readFile(path, "utf8") });
    } catch (error) {
      faults.push(document.fault(["templates", index], `cannot be read: ${messageOf(error)}`));
    }
  }
  return files;
}

/** The templates of all files together; a file that does not parse is a fault. */
function compileTemplates(files: readonly TemplateFile[], faults: Fault[]): Templates {
  for (const [index, { path }] of files.entries()) {
    try {
      void new Templates(files.slice(0, index + 1), () => 0);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const { line, column, reason } = error;
      faults.push({ file: path, line: Math.max(1, line), column: column + 1, path: "", reason });
      return new Templates([], () => 0);
    }
  }
  return new Templates(files, () => 0);
}

/** Alertmanager finds a broken template in a field when it notifies; people should hear of it before. */
function templateWarnings(
  receivers: ReadonlyMap<string, Receiver>,
  templates: Templates,
): string[] {
  const warnings: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === "string" && value.includes("{{")) {
      try {
        templates.check(value);
      } catch (error) {
        warnings.push(`${path}: its template does not parse: ${messageOf(error)}`);
      }
    } else if (value !== null && typeof value === "object")
      for (const [name, part] of Object.entries(value)) visit(part, `${path}.${name}`);
  };
  for (const { name, integrations } of receivers.values())
    for (const integration of integrations)
      visit(
        integration.settings,
        `receiver "${name}": ${integration.name}_configs[${integration.index}]`,
      );
  return warnings;
}

function inhibitRule(rule: InhibitRuleDocument): InhibitRule {
  return {
    name: rule.name,
    source: [...rule.source_match, ...rule.source_match_re, ...rule.source_matchers.matchers],
    target: [...rule.target_match, ...rule.target_match_re, ...rule.target_matchers.matchers],
    equal: rule.equal,
  };
}

function warningsOf(
  document: AlertmanagerDocument,
  root: Route,
  receivers: ReadonlyMap<string, Receiver>,
): string[] {
  const warnings: string[] = [];
  const routes = walkRoutes(root);
  if (routes.every((route) => receivers.get(route.receiver)?.integrations.length === 0))
    warnings.push(
      "nobody is notified: no receiver that a route names has an integration; alerts open incidents only",
    );
  if (document.tracing !== undefined) warnings.push("tracing: is not used by this version");
  if (document.event_recorder !== undefined)
    warnings.push("event_recorder: is not used by this version");
  const parsed = (route: RouteDocument): string[] => [
    ...route.matchers.warnings,
    ...route.routes.flatMap(parsed),
  ];
  warnings.push(
    ...(document.route === undefined ? [] : parsed(document.route)),
    ...document.inhibit_rules.flatMap((rule) => [
      ...rule.source_matchers.warnings,
      ...rule.target_matchers.warnings,
    ]),
  );
  return warnings;
}
