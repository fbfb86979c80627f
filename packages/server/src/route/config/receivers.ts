import { dirname, isAbsolute, join } from "node:path";
import type { ConfigDocument, Fault } from "../../model/index.ts";
import { defaultHttpConfig, isSet } from "./http-client.ts";
import type { HttpConfig } from "./http-client.ts";
import { integrationSchemas } from "./integrations.ts";
import { INHERIT, SERVICES } from "./inheritance.ts";
import type { Inherit } from "./inheritance.ts";
import type { IntegrationName, IntegrationSettings } from "./integrations.ts";
import type { Integration, IntegrationOf, Receiver } from "./route-config.ts";
import { globalSection } from "./schema.ts";
import type { AlertmanagerDocument, GlobalSection, ReceiverDocument } from "./schema.ts";

const NAMES = Object.keys(integrationSchemas) as IntegrationName[];

type Settings = Readonly<Record<string, unknown>>;

/** Either of these must be set in the integration or in `global`. */
interface Inheritance {
  readonly local: readonly string[];
  readonly global: readonly (keyof GlobalSection)[];
}

/** What integrations need and may take from `global`, where Alertmanager has no default for it. */
const INHERITED: Partial<Record<IntegrationName, readonly Inheritance[]>> = {
  email: [
    { local: ["smarthost"], global: ["smtp_smarthost"] },
    { local: ["from"], global: ["smtp_from"] },
  ],
  opsgenie: [
    { local: ["api_key", "api_key_file"], global: ["opsgenie_api_key", "opsgenie_api_key_file"] },
  ],
  wechat: [
    {
      local: ["api_secret", "api_secret_file"],
      global: ["wechat_api_secret", "wechat_api_secret_file"],
    },
    { local: ["corp_id"], global: ["wechat_api_corp_id"] },
  ],
  victorops: [
    { local: ["api_key", "api_key_file"], global: ["victorops_api_key", "victorops_api_key_file"] },
  ],
  telegram: [
    {
      local: ["bot_token", "bot_token_file"],
      global: ["telegram_bot_token", "telegram_bot_token_file"],
    },
  ],
  slack: [
    {
      local: ["api_url", "api_url_file", "app_token", "app_token_file"],
      global: ["slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file"],
    },
  ],
  jira: [{ local: ["api_url"], global: ["jira_api_url"] }],
  rocketchat: [
    {
      local: ["token_id", "token_id_file"],
      global: ["rocketchat_token_id", "rocketchat_token_id_file"],
    },
    { local: ["token", "token_file"], global: ["rocketchat_token", "rocketchat_token_file"] },
  ],
  mattermost: [
    {
      local: ["webhook_url", "webhook_url_file"],
      global: ["mattermost_webhook_url", "mattermost_webhook_url_file"],
    },
  ],
};

/** Pairs of `global` of which at most one may be set. */
const EXCLUSIVE: readonly (keyof GlobalSection)[] = [
  "slack_app_token",
  "slack_api_url",
  "opsgenie_api_key",
  "victorops_api_key",
  "telegram_bot_token",
  "smtp_auth_password",
  "smtp_auth_secret",
  "rocketchat_token",
  "rocketchat_token_id",
  "wechat_api_secret",
  "mattermost_webhook_url",
];

/** The receivers with what they inherit, and everything that is wrong with them. */
export function resolveReceivers(document: ConfigDocument<AlertmanagerDocument>): {
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  const { value } = document;
  const global = value.global ?? globalSection.parse({});
  checkGlobal(global, document, faults);
  const receivers = new Map<string, Receiver>();
  value.receivers.forEach((receiver, index) => {
    if (receivers.has(receiver.name))
      faults.push(
        document.fault(
          ["receivers", index, "name"],
          `receiver "${receiver.name}" is defined twice`,
        ),
      );
    const context: ReceiverContext = {
      global,
      document,
      faults,
      path: ["receivers", index],
      receiver,
      baseDir: dirname(document.file),
    };
    receivers.set(receiver.name, {
      name: receiver.name,
      labels: { ...receiver.labels, name: receiver.name },
      integrations: NAMES.flatMap((name) => resolveIntegrations(name, context)),
    });
  });
  return { receivers, faults };
}

interface ReceiverContext {
  readonly global: GlobalSection;
  readonly document: ConfigDocument<AlertmanagerDocument>;
  readonly faults: Fault[];
  readonly path: readonly PropertyKey[];
  readonly receiver: ReceiverDocument;
  readonly baseDir: string;
}

function checkGlobal(
  global: GlobalSection,
  document: ConfigDocument<AlertmanagerDocument>,
  faults: Fault[],
): void {
  const given: Settings = global;
  for (const name of EXCLUSIVE) {
    if (isSet(given[name]) && isSet(given[`${name}_file`]))
      faults.push(
        document.fault(
          ["global", `${name}_file`],
          `at most one of ${name}, ${name}_file may be set`,
        ),
      );
  }
  const token = isSet(global.slack_app_token) || isSet(global.slack_app_token_file);
  const address = isSet(global.slack_api_url) || isSet(global.slack_api_url_file);
  // The same address twice is how people used bot tokens before there was a field for them.
  if (token && address && global.slack_api_url !== (global.slack_app_url ?? SERVICES.slack))
    faults.push(
      document.fault(
        ["global", isSet(global.slack_api_url) ? "slack_api_url" : "slack_api_url_file"],
        "at most one of slack_app_token, slack_api_url (or their files) may be set",
      ),
    );
}

function resolveIntegrations(name: IntegrationName, context: ReceiverContext): Integration[] {
  const entries = context.receiver[`${name}_configs`];
  return entries.map((settings, index) => {
    const path = [...context.path, `${name}_configs`, index];
    const fault = (reason: string) => context.faults.push(context.document.fault(path, reason));
    for (const { local, global } of INHERITED[name] ?? []) {
      const found =
        local.some((field) => isSet((settings as Settings)[field])) ||
        global.some((field) => isSet(context.global[field]));
      if (!found)
        fault(`${local.join(" or ")} must be set, here or as global ${global.join(" or ")}`);
    }
    return resolveIntegration(name, settings, { index, context, fault });
  });
}

/** One integration, with its files' names made absolute. */
function resolveIntegration<Name extends IntegrationName>(
  name: Name,
  given: IntegrationSettings[Name],
  place: {
    readonly index: number;
    readonly context: ReceiverContext;
    readonly fault: (reason: string) => void;
  },
): IntegrationOf<Name> {
  const { index, context, fault } = place;
  const { global, baseDir } = context;
  const own = "http_config" in given ? given.http_config : undefined;
  const inherit: Inherit<Name> = INHERIT[name];
  const { settings, target, authorization } = inherit(given, global);
  const http = inheritHttp(name, own, context);
  if (authorization !== undefined && http.authorization !== undefined)
    fault("http_config.authorization cannot be used together with a Slack app token");
  return {
    name,
    index,
    sendResolved: settings.send_resolved,
    settings: absoluteFiles(settings, baseDir),
    http: absoluteHttp(authorization === undefined ? http : { ...http, authorization }, baseDir),
    target: absoluteFiles(target, baseDir),
  };
}

/** Every field whose name says that it names a file, made absolute; those of TLS included. */
function absoluteFiles<T extends object>(settings: T, baseDir: string): T {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]: [string, unknown]) => {
      if (/(?:^|_)file$/.test(name) && typeof value === "string")
        return [name, resolvePath(value, baseDir)];
      if (name === "tls_config" && typeof value === "object" && value !== null)
        return [name, absoluteFiles(value, baseDir)];
      return [name, value];
    }),
  ) as T;
}

/** The integration's own http_config or the global one. */
function inheritHttp(
  name: IntegrationName,
  own: HttpConfig | undefined,
  { global }: ReceiverContext,
): HttpConfig {
  const inherited = global.http_config ?? defaultHttpConfig;
  if (own === undefined) return inherited;
  // Alertmanager does so for this one integration.
  if (name === "msteamsv2" && own.proxy_url === "")
    return { ...own, proxy_url: inherited.proxy_url };
  return own;
}

function absoluteHttp(config: HttpConfig, baseDir: string): HttpConfig {
  const { basic_auth: basic, authorization, oauth2 } = config;
  return {
    ...absoluteFiles(config, baseDir),
    basic_auth: basic && absoluteFiles(basic, baseDir),
    authorization: authorization && absoluteFiles(authorization, baseDir),
    oauth2: oauth2 && absoluteFiles(oauth2, baseDir),
    http_headers: Object.fromEntries(
      Object.entries(config.http_headers).map(([name, header]) => [
        name,
        { ...header, files: header.files.map((file) => resolvePath(file, baseDir)) },
      ]),
    ),
  };
}

function resolvePath(path: string, baseDir: string): string {
  return path === "" || isAbsolute(path) ? path : join(baseDir, path);
}
