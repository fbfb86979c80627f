import type { Labels, Matcher } from "../../model/index.ts";
import type { HttpConfig } from "./http-client.ts";
import type { IntegrationName, SlackConfig, WebhookConfig } from "./integrations.ts";
import type { Route } from "./route-tree.ts";
import type { TimeInterval } from "./time-interval.ts";

/** One way of reaching a receiver, with what it inherits from `global` filled in. */
interface IntegrationBase {
  /** Its place among the receiver's integrations of the same name. */
  readonly index: number;
  readonly sendResolved: boolean;
}

export interface WebhookIntegration extends IntegrationBase {
  readonly name: "webhook";
  readonly settings: WebhookConfig;
  readonly http: HttpConfig;
}

export interface SlackIntegration extends IntegrationBase {
  readonly name: "slack";
  readonly settings: SlackConfig;
  readonly http: HttpConfig;
  /** Where to post: a URL, or a file that holds one. */
  readonly target: { readonly url: string } | { readonly file: string };
}

/** An integration that was understood but that nothing here delivers to. */
export interface UndeliveredIntegration extends IntegrationBase {
  readonly name: IntegrationName;
  /** Why, for people. */
  readonly undelivered: string;
}

export type Integration = WebhookIntegration | SlackIntegration | UndeliveredIntegration;

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
  /** What a person should know although the file is valid, e.g. integrations that are not delivered. */
  readonly warnings: readonly string[];
}
