import type { Labels, Matcher } from "../../model/index.ts";
import type { HttpConfig } from "./http-client.ts";
import type { IntegrationName, IntegrationSettings } from "./integrations.ts";
import type { Route } from "./route-tree.ts";
import type { TimeInterval } from "./time-interval.ts";

/** Where an integration sends to: a URL (or host:port), or a file that holds it. */
export type Target = { readonly url: string } | { readonly file: string };

/**
 * One way of reaching a receiver. `settings` is what the file says with what it inherits from
 * `global` filled in; names of files in it are absolute.
 */
export type IntegrationOf<Name extends IntegrationName> = {
  [N in Name]: {
    readonly name: N;
    /** Its place among the receiver's integrations of the same name. */
    readonly index: number;
    readonly sendResolved: boolean;
    readonly settings: IntegrationSettings[N];
    readonly http: HttpConfig;
    readonly target: Target;
  };
}[Name];

export type Integration = IntegrationOf<IntegrationName>;

export interface Receiver {
  readonly name: string;
  /** Its own labels and `name`, by which the API filters. */
  readonly labels: Labels;
  readonly integrations: readonly Integration[];
}

/** Source alerts that fire keep target alerts with equal `equal` labels from being notified. */
export interface InhibitRule {
  readonly name: string;
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
}

/** A file of templates, read when the configuration was. */
export interface TemplateFile {
  readonly path: string;
  readonly text: string;
}

/** alertmanager.yml, read and checked. */
export interface RouteConfig {
  readonly file: string;
  /** The file's text with its secrets masked, as the API shows it. */
  readonly original: string;
  /** How long an alert without an end fires after it was last received, in milliseconds. */
  readonly resolveTimeout: number;
  readonly root: Route;
  readonly inhibitRules: readonly InhibitRule[];
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
  readonly templates: readonly TemplateFile[];
  /** What a person should know although the file is valid, e.g. a route that reaches nobody. */
  readonly warnings: readonly string[];
}
