import type { IntegrationOf } from "../../config/route-config.ts";
import { groupHash, truncate, truncateBytes } from "../message.ts";
import { failed } from "../outcome.ts";
import type { Outcome } from "../outcome.ts";
import type { NotificationPayload } from "../payload.ts";
import type { SendContext } from "../send-context.ts";
import { signRequest } from "./sigv4.ts";

/** Of a message: bytes to a topic, characters to a telephone. */
const MAX = { message: 256 * 1024, sms: 1600, subject: 100 };

/** Publishes a message by Amazon's Simple Notification Service. */
export async function sendSns(
  integration: IntegrationOf<"sns">,
  payload: NotificationPayload,
  context: SendContext,
): Promise<Outcome> {
  const { settings, http } = integration;
  const { sigv4 } = settings;
  const region = sigv4?.region ?? "";
  if (region === "")
    return failed("sigv4.region must be set: the region cannot be found otherwise");
  if (sigv4 === undefined || sigv4.access_key === "")
    return failed(
      "sigv4.access_key and secret_key must be set: profiles, roles and the credentials of machines are not looked for",
    );
  if (sigv4.role_arn !== "" || sigv4.profile !== "")
    return failed("sigv4.role_arn and sigv4.profile are not supported; use an access key");
  const given = context.renderer.text(settings.api_url);
  const url = new URL(given === "" ? `https://sns.${region}.amazonaws.com/` : given);
  const body = parametersOf(settings, payload, context).toString();
  return context.sender.post({
    url: url.href,
    body,
    contentType: "application/x-www-form-urlencoded; charset=utf-8",
    headers: signRequest({
      url,
      body,
      region,
      service: "sns",
      accessKey: sigv4.access_key,
      secretKey: sigv4.secret_key,
      at: context.now(),
    }),
    http,
    timeout: 0,
    idempotencyKey: context.idempotencyKey,
  });
}

function parametersOf(
  settings: IntegrationOf<"sns">["settings"],
  payload: NotificationPayload,
  { renderer: { text }, idempotencyKey }: SendContext,
): URLSearchParams {
  const parameters = new URLSearchParams({ Action: "Publish", Version: "2010-03-31" });
  const attributes = Object.entries(settings.attributes).map(
    ([name, value]) => [text(name), text(value)] as const,
  );
  const full = text(settings.message);
  const toPhone = settings.phone_number !== "";
  const message = toPhone ? truncate(full, MAX.sms) : truncateBytes(full, MAX.message);
  if (message !== full) attributes.push(["truncated", "true"]);
  if (settings.topic_arn !== "") {
    const topic = text(settings.topic_arn);
    parameters.set("TopicArn", topic);
    if (topic.endsWith(".fifo")) {
      parameters.set("MessageGroupId", groupHash(payload));
      parameters.set("MessageDeduplicationId", idempotencyKey);
    }
  }
  if (toPhone) parameters.set("PhoneNumber", text(settings.phone_number));
  if (settings.target_arn !== "") parameters.set("TargetArn", text(settings.target_arn));
  parameters.set("Message", message);
  if (settings.subject !== "") {
    // A subject is one line of ASCII.
    const subject = text(settings.subject)
      .replaceAll(/[^ -~]+/g, " ")
      .trim();
    if (subject !== "") parameters.set("Subject", subject.slice(0, MAX.subject));
  }
  attributes.forEach(([name, value], index) => {
    const entry = `MessageAttributes.entry.${index + 1}`;
    parameters.set(`${entry}.Name`, name);
    parameters.set(`${entry}.Value.DataType`, "String");
    parameters.set(`${entry}.Value.StringValue`, value);
  });
  return parameters;
}
