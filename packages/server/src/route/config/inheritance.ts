import { isSet } from "./http-client.ts";
import type { HttpConfig } from "./http-client.ts";
import type { IntegrationName, IntegrationSettings } from "./integrations.ts";
import type { Target } from "./route-config.ts";
import type { GlobalSection } from "./schema.ts";

/** Where the services are that most people mean; `global` or the integration may name others. */
export const SERVICES = {
  slack: "https://slack.com/api/chat.postMessage",
  pagerduty: "https://events.pagerduty.com/v2/enqueue",
  opsgenie: "https://api.opsgenie.com/",
  wechat: "https://qyapi.weixin.qq.com/cgi-bin/",
  victorops: "https://alert.victorops.com/integrations/generic/20131114/alert/",
  telegram: "https://api.telegram.org",
  webex: "https://webexapis.com/v1/messages",
  rocketchat: "https://open.rocket.chat/",
  pushover: "https://api.pushover.net/1/messages.json",
} as const;

/** An integration's settings with what `global` adds to them, and where it sends to. */
export interface Inherited<Name extends IntegrationName> {
  readonly settings: IntegrationSettings[Name];
  readonly target: Target;
  /** Replaces what http_config says. */
  readonly authorization?: NonNullable<HttpConfig["authorization"]>;
}

export type Inherit<Name extends IntegrationName> = (
  settings: IntegrationSettings[Name],
  global: GlobalSection,
) => Inherited<Name>;

/** The text, or the file when there is no text. */
function target(url: string | undefined, file: string): Target {
  return isSet(url) || file === "" ? { url: url ?? "" } : { file };
}

/** The first that is set of a field and the file that may hold it, here and in `global`. */
function secret(
  own: readonly [string | undefined, string],
  global: readonly [string | undefined, string],
): readonly [string, string] {
  const [text, file] = isSet(own[0]) || isSet(own[1]) ? own : global;
  return [text ?? "", file];
}

/** A base URL, to which paths are added. */
const base = (url: string) => (url.endsWith("/") ? url : `${url}/`);

/** How each integration takes from `global` what it does not say itself. */
export const INHERIT: { readonly [Name in IntegrationName]: Inherit<Name> } = {
  webhook: (settings) => ({ settings, target: target(settings.url, settings.url_file) }),

  email(settings, global) {
    const [password, passwordFile] = secret(
      [settings.auth_password, settings.auth_password_file],
      [global.smtp_auth_password, global.smtp_auth_password_file],
    );
    const [authSecret, secretFile] = secret(
      [settings.auth_secret, settings.auth_secret_file],
      [global.smtp_auth_secret, global.smtp_auth_secret_file],
    );
    const smarthost = settings.smarthost || global.smtp_smarthost;
    return {
      settings: {
        ...settings,
        smarthost,
        from: settings.from || global.smtp_from,
        hello: settings.hello || global.smtp_hello,
        auth_username: settings.auth_username || global.smtp_auth_username,
        auth_password: password,
        auth_password_file: passwordFile,
        auth_secret: authSecret,
        auth_secret_file: secretFile,
        auth_identity: settings.auth_identity || global.smtp_auth_identity,
        require_tls: settings.require_tls ?? global.smtp_require_tls,
        tls_config: settings.tls_config ?? global.smtp_tls_config,
        force_implicit_tls: settings.force_implicit_tls ?? global.smtp_force_implicit_tls,
      },
      target: { url: smarthost },
    };
  },

  pagerduty: (settings, global) => ({
    settings,
    target: { url: settings.url ?? global.pagerduty_url ?? SERVICES.pagerduty },
  }),

  opsgenie(settings, global) {
    const [api_key, api_key_file] = secret(
      [settings.api_key, settings.api_key_file],
      [global.opsgenie_api_key, global.opsgenie_api_key_file],
    );
    const url = base(settings.api_url ?? global.opsgenie_api_url ?? SERVICES.opsgenie);
    return { settings: { ...settings, api_key, api_key_file }, target: { url } };
  },

  wechat(settings, global) {
    const [api_secret, api_secret_file] = secret(
      [settings.api_secret, settings.api_secret_file],
      [global.wechat_api_secret, global.wechat_api_secret_file],
    );
    const corp_id = settings.corp_id || global.wechat_api_corp_id;
    const url = base(settings.api_url ?? global.wechat_api_url ?? SERVICES.wechat);
    return { settings: { ...settings, api_secret, api_secret_file, corp_id }, target: { url } };
  },

  slack(settings, global) {
    let token: readonly [string, string] = [settings.app_token, settings.app_token_file];
    const ownAccess = settings.http_config?.authorization !== undefined || isSet(settings.api_url);
    if (!token.some(isSet) && !ownAccess)
      token = [global.slack_app_token, global.slack_app_token_file];
    if (token.some(isSet)) {
      const [credentials, credentials_file] = token;
      return {
        settings,
        target: { url: settings.app_url ?? global.slack_app_url ?? SERVICES.slack },
        authorization: { type: "Bearer", credentials, credentials_file, credentials_ref: "" },
      };
    }
    const [url, file] = secret(
      [settings.api_url, settings.api_url_file],
      [global.slack_api_url, global.slack_api_url_file],
    );
    return { settings, target: target(url, file) };
  },

  victorops(settings, global) {
    const [api_key, api_key_file] = secret(
      [settings.api_key, settings.api_key_file],
      [global.victorops_api_key, global.victorops_api_key_file],
    );
    const url = base(settings.api_url ?? global.victorops_api_url ?? SERVICES.victorops);
    return { settings: { ...settings, api_key, api_key_file }, target: { url } };
  },

  pushover: (settings) => ({ settings, target: { url: SERVICES.pushover } }),

  sns: (settings) => ({ settings, target: { url: settings.api_url } }),

  telegram(settings, global) {
    const [bot_token, bot_token_file] = secret(
      [settings.bot_token, settings.bot_token_file],
      [global.telegram_bot_token, global.telegram_bot_token_file],
    );
    const url = settings.api_url ?? global.telegram_api_url ?? SERVICES.telegram;
    return { settings: { ...settings, bot_token, bot_token_file }, target: { url } };
  },

  discord: webhookTarget,

  webex: (settings, global) => ({
    settings,
    target: { url: settings.api_url ?? global.webex_api_url ?? SERVICES.webex },
  }),

  msteams: webhookTarget,

  msteamsv2: webhookTarget,

  jira: (settings, global) => ({
    settings,
    target: { url: base(settings.api_url ?? global.jira_api_url ?? "") },
  }),

  incidentio: (settings) => ({ settings, target: target(settings.url, settings.url_file) }),

  rocketchat(settings, global) {
    const [token_id, token_id_file] = secret(
      [settings.token_id, settings.token_id_file],
      [global.rocketchat_token_id, global.rocketchat_token_id_file],
    );
    const [token, token_file] = secret(
      [settings.token, settings.token_file],
      [global.rocketchat_token, global.rocketchat_token_file],
    );
    const url = base(settings.api_url ?? global.rocketchat_api_url ?? SERVICES.rocketchat);
    return {
      settings: { ...settings, token_id, token_id_file, token, token_file },
      target: { url },
    };
  },

  mattermost(settings, global) {
    const [url, file] = secret(
      [settings.webhook_url, settings.webhook_url_file],
      [global.mattermost_webhook_url, global.mattermost_webhook_url_file],
    );
    return { settings, target: target(url, file) };
  },
};

function webhookTarget<
  Settings extends { webhook_url?: string | undefined; webhook_url_file: string },
>(settings: Settings): { readonly settings: Settings; readonly target: Target } {
  return { settings, target: target(settings.webhook_url, settings.webhook_url_file) };
}
