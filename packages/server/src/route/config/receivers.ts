import { dirname, isAbsolute, join } from "node:path";
import type { ConfigDocument, Fault } from "../../model/index.ts";
import { defaultHttpConfig, isSet } from "./http-client.ts";
import type { HttpConfig } from "./http-client.ts";
import { integrationSchemas } from "./integrations.ts";
import type { IntegrationName, SlackConfig, WebhookConfig } from "./integrations.ts";
import type { Integration, Receiver, SlackIntegration } from "./route-config.ts";
import { globalSection } from "./schema.ts";
import type { AlertmanagerDocument, GlobalSection, ReceiverDocument } from "./schema.ts";

const NAMES = Object.keys(integrationSchemas) as IntegrationName[];
const SLACK_APP_URL = "https://slack.com/api/chat.postMessage";

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
  if (token && address && global.slack_api_url !== (global.slack_app_url ?? SLACK_APP_URL))
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
    const base = { index, sendResolved: settings.send_resolved };
    if (name === "webhook") return webhook(settings as WebhookConfig, base, context);
    if (name === "slack") return slack(settings as SlackConfig, base, context, fault);
    return { name, ...base, undelivered: `${name} is not delivered to by this version` };
  });
}

type Base = Pick<Integration, "index" | "sendResolved">;

function webhook(settings: WebhookConfig, base: Base, context: ReceiverContext): Integration {
  const http = inheritHttp(settings.http_config, context);
  if (http.oauth2 !== undefined) return withoutOauth("webhook", base);
  return {
    name: "webhook",
    ...base,
    settings: { ...settings, url_file: resolvePath(settings.url_file, context.baseDir) },
    http,
  };
}

function slack(
  settings: SlackConfig,
  base: Base,
  context: ReceiverContext,
  fault: (reason: string) => void,
): Integration {
  const { global, baseDir } = context;
  const http = inheritHttp(settings.http_config, context);
  let token = settings.app_token;
  let tokenFile = settings.app_token_file;
  const ownAccess = settings.http_config?.authorization !== undefined || isSet(settings.api_url);
  if (!isSet(token) && !isSet(tokenFile) && !ownAccess) {
    token = global.slack_app_token;
    tokenFile = global.slack_app_token_file;
  }
  const ownAddress = isSet(settings.api_url) || isSet(settings.api_url_file);
  const address = ownAddress ? settings.api_url : global.slack_api_url;
  const addressFile = ownAddress ? settings.api_url_file : global.slack_api_url_file;
  if (http.oauth2 !== undefined) return withoutOauth("slack", base);
  if (isSet(token) || isSet(tokenFile)) {
    if (http.authorization !== undefined)
      fault("http_config.authorization cannot be used together with a Slack app token");
    const authorization: NonNullable<HttpConfig["authorization"]> = {
      type: "Bearer",
      credentials: token,
      credentials_file: resolvePath(tokenFile, baseDir),
      credentials_ref: "",
    };
    const url = settings.app_url ?? global.slack_app_url ?? SLACK_APP_URL;
    return { name: "slack", ...base, settings, http: { ...http, authorization }, target: { url } };
  }
  if (!isSet(address) && !isSet(addressFile))
    fault("api_url or app_token (or their files) must be set, here or in global as slack_…");
  const target: SlackIntegration["target"] =
    address === undefined ? { file: resolvePath(addressFile, baseDir) } : { url: address };
  return { name: "slack", ...base, settings, http, target };
}

function withoutOauth(name: IntegrationName, base: Base): Integration {
  return {
    name,
    ...base,
    undelivered: `http_config.oauth2 of ${name} is not supported by this version`,
  };
}

/** The integration's own http_config or the global one, with the names of files made absolute. */
function inheritHttp(own: HttpConfig | undefined, context: ReceiverContext): HttpConfig {
  const config = own ?? context.global.http_config ?? defaultHttpConfig;
  const absolute = (path: string) => resolvePath(path, context.baseDir);
  const { basic_auth: basic, authorization, tls_config: tls } = config;
  return {
    ...config,
    bearer_token_file: absolute(config.bearer_token_file),
    basic_auth: basic && {
      ...basic,
      username_file: absolute(basic.username_file),
      password_file: absolute(basic.password_file),
    },
    authorization: authorization && {
      ...authorization,
      credentials_file: absolute(authorization.credentials_file),
    },
    tls_config: tls && {
      ...tls,
      ca_file: absolute(tls.ca_file),
      cert_file: absolute(tls.cert_file),
      key_file: absolute(tls.key_file),
    },
  };
}

function resolvePath(path: string, baseDir: string): string {
  return path === "" || isAbsolute(path) ? path : join(baseDir, path);
}
