import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { alert, payload, recorder, sendWith } from "../../../test/notify-rig.ts";
import type { Recorded } from "../../../test/notify-rig.ts";

/** What groups are known by: the SHA-256 of the group key. */
const HASH = createHash("sha256").update('{}:{service="shop"}').digest("hex");
const LINK = "http://sw.example/alerts?receiver=team%5C.x";
const SUBJECT = "[FIRING:1] shop (Down a)";

const firing = payload(alert("a"));
const resolved = payload(alert("a", "resolved"));
const json = (request: Recorded | undefined) =>
  JSON.parse(request?.text ?? "null") as Record<string, unknown>;

describe("pagerduty", () => {
  it("triggers and resolves by the second version of the Events API", async () => {
    const service = await recorder(() => 202);
    const settings = `
    pagerduty_configs:
      - routing_key_file: key
        url: ${service.url}/v2/enqueue
        severity: '{{ .CommonLabels.service }}'
        details: {team: 'of {{ .CommonLabels.service }}'}
        links: [{href: 'http://l/{{ .Status }}', text: Look}, {href: '', text: dropped}]
        images: [{src: '', alt: dropped}]`;
    expect(await sendWith(settings, firing, { files: { key: "k1\n" } })).toEqual({ kind: "sent" });
    const event = json(service.requests[0]);
    expect(event).toEqual({
      routing_key: "k1",
      dedup_key: HASH,
      event_action: "trigger",
      payload: {
        summary: SUBJECT,
        source: "Seaworthy",
        severity: "shop",
        custom_details: {
          team: "of shop",
          num_firing: 1,
          num_resolved: 0,
          firing: [expect.objectContaining({ fingerprint: "a000000000000000" })],
          resolved: [],
        },
      },
      client: "Seaworthy",
      client_url: LINK,
      links: [{ href: "http://l/firing", text: "Look" }],
    });
    await sendWith(settings, resolved, { files: { key: "k1" } });
    expect(json(service.requests[1])).toMatchObject({
      event_action: "resolve",
      dedup_key: HASH,
      payload: { summary: "[RESOLVED] shop (Down a)" },
    });
  });

  it("leaves the details out of an event that would be refused", async () => {
    const service = await recorder();
    const big = { ...alert("a"), annotations: { summary: "x".repeat(600_000) } };
    const settings = `    pagerduty_configs: [{routing_key: k, url: "${service.url}"}]`;
    expect(await sendWith(settings, payload(big))).toEqual({ kind: "sent" });
    expect(service.requests[0]?.text.length).toBeLessThan(3000);
    expect(json(service.requests[0])).toMatchObject({
      payload: { custom_details: { error: expect.stringMatching(/left out/) as string } },
    });
  });
});

describe("opsgenie", () => {
  const settings = (url: string, more = "") => `
    opsgenie_configs:
      - api_key: 'key-{{ .GroupLabels.service }}'
        api_url: ${url}
        tags: 'a,,{{ .CommonLabels.instance }}'
        priority: P2
        details: {where: '{{ .CommonLabels.instance }}'}
        responders: [{name: 'red,blue', type: teams}, {id: '{{ .CommonLabels.nobody }}', type: '{{ .CommonLabels.nobody }}'}, {username: me, type: User}]
        ${more}`;

  it("opens an alert under the group's alias and closes it", async () => {
    const service = await recorder(() => 202);
    expect(await sendWith(settings(service.url), firing)).toEqual({ kind: "sent" });
    expect(service.requests[0]).toMatchObject({ method: "POST", path: "/v2/alerts" });
    expect(service.requests[0]?.headers.authorization).toBe("GenieKey key-shop");
    expect(json(service.requests[0])).toEqual({
      alias: HASH,
      message: SUBJECT,
      description: expect.stringContaining(
        "Alerts Firing:\nLabels:\n - alertname = Down",
      ) as string,
      details: { alertname: "Down", service: "shop", instance: "a", where: "a" },
      source: LINK,
      responders: [
        { name: "red", type: "team" },
        { name: "blue", type: "team" },
        { username: "me", type: "user" },
      ],
      tags: ["a", "a"],
      priority: "P2",
    });
    await sendWith(settings(service.url), resolved);
    expect(service.requests[1]?.path).toBe(`/v2/alerts/${HASH}/close?identifierType=alias`);
    expect(json(service.requests[1])).toEqual({ source: LINK });
  });

  it("updates what it opened when it is told to, and stops where it is refused", async () => {
    const service = await recorder(({ path }) => (path.includes("description") ? 422 : 202));
    const outcome = await sendWith(settings(service.url, "update_alerts: true"), firing);
    expect(outcome).toMatchObject({ kind: "failed" });
    expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v2/alerts",
      `PUT /v2/alerts/${HASH}/message?identifierType=alias`,
      `PUT /v2/alerts/${HASH}/description?identifierType=alias`,
    ]);
  });
});

describe("victorops", () => {
  it("names the routing key in the path and the group in the body", async () => {
    const service = await recorder();
    const settings = `
    victorops_configs:
      - {api_key: s3, api_url: "${service.url}/alert", routing_key: '{{ .CommonLabels.service }}/x', message_type: ODD, custom_fields: {where: '{{ .CommonLabels.instance }}'}}`;
    await sendWith(settings, firing);
    await sendWith(settings, resolved);
    expect(service.requests[0]?.path).toBe("/alert/s3/shop%2Fx");
    expect(json(service.requests[0])).toMatchObject({
      message_type: "CRITICAL",
      entity_id: HASH,
      entity_display_name: SUBJECT,
      monitoring_tool: "Seaworthy",
      where: "a",
    });
    expect(json(service.requests[1])).toMatchObject({ message_type: "RECOVERY", entity_id: HASH });
  });
});

describe("pushover", () => {
  it("sends a form, with its secrets in the body", async () => {
    const service = await recorder();
    const settings = `
    pushover_configs: [{user_key: u, token_file: token, html: true, message: '<b>{{ .CommonAnnotations.summary }}</b> {{ "<" }}', retry: 45s, ttl: 2h}]`;
    const more = { target: `${service.url}/1/messages.json`, files: { token: "t\n" } };
    expect(await sendWith(settings, firing, more)).toEqual({ kind: "sent" });
    expect(service.requests[0]?.path).toBe("/1/messages.json");
    expect(Object.fromEntries(new URLSearchParams(service.requests[0]?.text))).toEqual({
      token: "t",
      user: "u",
      title: SUBJECT,
      message: "<b>a is down</b> &lt;",
      url: LINK,
      url_title: "",
      priority: "2",
      retry: "45",
      expire: "3600",
      ttl: "7200",
      device: "",
      sound: "",
      html: "1",
    });
  });
});

describe("sns", () => {
  it("publishes with a signature", async () => {
    const service = await recorder();
    const settings = `
    sns_configs:
      - api_url: ${service.url}
        sigv4: {region: eu-west-1, access_key: AK, secret_key: SK}
        topic_arn: 'arn:aws:sns:eu-west-1:1:alerts.fifo'
        subject: "Ärger:\\n{{ .Status }}"
        attributes: {service: '{{ .CommonLabels.service }}'}`;
    expect(await sendWith(settings, firing)).toEqual({ kind: "sent" });
    expect(service.requests[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AK\/20260105\/eu-west-1\/sns\/aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
    expect(Object.fromEntries(new URLSearchParams(service.requests[0]?.text))).toMatchObject({
      Action: "Publish",
      TopicArn: "arn:aws:sns:eu-west-1:1:alerts.fifo",
      MessageGroupId: HASH,
      MessageDeduplicationId: "key",
      Subject: "rger: firing",
      Message: expect.stringContaining("Alerts Firing:") as string,
      "MessageAttributes.entry.1.Name": "service",
      "MessageAttributes.entry.1.Value.StringValue": "shop",
    });
  });

  it("cuts a text message and says so", async () => {
    const service = await recorder();
    const settings = `    sns_configs: [{api_url: "${service.url}", sigv4: {region: r, access_key: a, secret_key: s}, phone_number: '+491', message: '${"x".repeat(2000)}'}]`;
    await sendWith(settings, firing);
    const form = new URLSearchParams(service.requests[0]?.text);
    expect(form.get("Message")).toHaveLength(1600);
    expect(form.get("MessageAttributes.entry.1.Name")).toBe("truncated");
  });
});

describe("telegram", () => {
  it("sends HTML in which values are escaped", async () => {
    const service = await recorder(() => ({ ok: true, result: {} }));
    const settings = `
    telegram_configs: [{bot_token: 'b:1', chat_id: -5, api_url: "${service.url}/", message_thread_id: 7, message: '<b>{{ "a<b" }}</b>'}]`;
    expect(await sendWith(settings, firing)).toEqual({ kind: "sent" });
    expect(service.requests[0]?.path).toBe("/botb:1/sendMessage");
    expect(json(service.requests[0])).toEqual({
      chat_id: "-5",
      text: "<b>a&lt;b</b>",
      message_thread_id: 7,
      parse_mode: "HTML",
      disable_web_page_preview: true,
    });
  });

  it("says why Telegram refuses, and never cuts HTML in two", async () => {
    const service = await recorder(() => ({ ok: false, description: "chat not found" }));
    const settings = `
    telegram_configs: [{bot_token: 'b', chat_id_file: chat, api_url: "${service.url}", message: '${"x".repeat(5000)}'}]`;
    const outcome = await sendWith(settings, firing, { files: { chat: "12\n" } });
    expect(outcome).toEqual({
      kind: "failed",
      error: "Telegram refused the message: chat not found",
    });
    expect(json(service.requests[0])["text"]).toMatch(/longer than 4096/);
  });
});

describe("discord", () => {
  it("posts an embed of the state's colour", async () => {
    const service = await recorder(() => 204);
    const settings = `    discord_configs: [{webhook_url_file: hook, username: bot, avatar_url: nonsense}]`;
    const files = { hook: `${service.url}/hook` };
    expect(await sendWith(settings, resolved, { files })).toEqual({ kind: "sent" });
    expect(json(service.requests[0])).toEqual({
      content: "",
      embeds: [
        {
          title: "[RESOLVED] shop (Down a)",
          description: expect.stringContaining("Alerts Resolved:") as string,
          color: 0x2e_cc_71,
        },
      ],
      username: "bot",
    });
  });
});

describe("webex", () => {
  it("writes Markdown into a room and cuts it by bytes", async () => {
    const service = await recorder();
    const settings = `
    webex_configs: [{api_url: "${service.url}", room_id: r1, message: '${"é".repeat(5000)}', http_config: {authorization: {credentials: t}}}]`;
    await sendWith(settings, firing);
    const body = json(service.requests[0]) as { markdown: string; roomId: string };
    expect(body.roomId).toBe("r1");
    expect(Buffer.byteLength(body.markdown)).toBeLessThanOrEqual(7439);
    expect(body.markdown).toMatch(/^é+…$/);
    expect(service.requests[0]?.headers.authorization).toBe("Bearer t");
  });
});

describe("wechat", () => {
  const settings = (url: string) => `
    wechat_configs: [{api_url: "${url}/cgi-bin", api_secret: s, corp_id: c, to_user: '{{ .CommonLabels.service }}', agent_id: 7, message_type: markdown, message: 'M {{ .Status }}'}]`;

  it("asks for a token, then sends", async () => {
    const service = await recorder(({ path }) =>
      path.includes("gettoken") ? { access_token: "T" } : { errcode: 0 },
    );
    expect(await sendWith(settings(service.url), firing)).toEqual({ kind: "sent" });
    expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /cgi-bin/gettoken?corpid=c&corpsecret=s",
      "POST /cgi-bin/message/send?access_token=T",
    ]);
    expect(json(service.requests[1])).toEqual({
      touser: "shop",
      agentid: "7",
      safe: "0",
      msgtype: "markdown",
      markdown: { content: "M firing" },
    });
  });

  it("tells a token that has ended from a message that is refused", async () => {
    let code = 42_001;
    const service = await recorder(({ path }) =>
      path.includes("gettoken") ? { access_token: "T" } : { errcode: code, errmsg: "no" },
    );
    expect(await sendWith(settings(service.url), firing)).toMatchObject({ kind: "retry" });
    code = 40_058;
    expect(await sendWith(settings(service.url), firing)).toMatchObject({ kind: "failed" });
  });
});

describe("microsoft teams", () => {
  it("posts a message card to a connector", async () => {
    const service = await recorder();
    await sendWith(`    msteams_configs: [{webhook_url: "${service.url}"}]`, firing);
    expect(json(service.requests[0])).toMatchObject({
      "@context": "http://schema.org/extensions",
      type: "MessageCard",
      title: SUBJECT,
      summary: SUBJECT,
      text: expect.stringContaining("# Alerts Firing:") as string,
      themeColor: "8C1A1A",
    });
  });

  it("posts an adaptive card to a workflow", async () => {
    const service = await recorder(() => 202);
    await sendWith(`    msteamsv2_configs: [{webhook_url: "${service.url}", text: t}]`, resolved);
    const body = json(service.requests[0]) as { attachments: { content: { body: unknown[] } }[] };
    expect(body).toMatchObject({
      type: "message",
      attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null }],
    });
    expect(body.attachments[0]?.content.body).toEqual([
      expect.objectContaining({ text: "[RESOLVED] shop (Down a)", color: "Good" }),
      { type: "TextBlock", text: "t", wrap: true },
    ]);
  });
});

describe("rocket.chat", () => {
  it("writes as the user of a token and believes the answer", async () => {
    let success = true;
    const service = await recorder(() => (success ? { success } : { success, error: "no room" }));
    const settings = `
    rocketchat_configs: [{api_url: "${service.url}", token: T, token_id_file: id, channel: '#a', short_fields: true, fields: [{title: s, value: '{{ .Status }}'}], actions: [{text: Look, url: 'http://l', type: x}]}]`;
    const files = { id: "ID\n" };
    expect(await sendWith(settings, firing, { files })).toEqual({ kind: "sent" });
    expect(service.requests[0]).toMatchObject({
      path: "/api/v1/chat.postMessage",
      headers: { "x-auth-token": "T", "x-user-id": "ID" },
    });
    expect(json(service.requests[0])).toEqual({
      channel: "#a",
      attachments: [
        {
          title: SUBJECT,
          title_link: LINK,
          color: "red",
          fields: [{ short: true, title: "s", value: "firing" }],
          actions: [{ type: "button", text: "Look", url: "http://l" }],
        },
      ],
    });
    success = false;
    expect(await sendWith(settings, firing, { files })).toEqual({
      kind: "failed",
      error: "Rocket.Chat refused the message: no room",
    });
  });
});

describe("mattermost", () => {
  it("posts one attachment, and only the flags that its priority allows", async () => {
    const service = await recorder();
    const settings = `
    mattermost_configs: [{channel: c, text: T, priority: {priority: Important, requested_ack: true, persistent_notifications: true}, props: {card: '{{ .Status }}'}}]`;
    await sendWith(settings, firing, {
      global: `global: {mattermost_webhook_url: "${service.url}"}`,
    });
    expect(json(service.requests[0])).toEqual({
      channel: "c",
      username: "Seaworthy",
      attachments: [
        {
          fallback: `${SUBJECT} | ${LINK}`,
          color: "danger",
          text: "T",
          title: SUBJECT,
          title_link: LINK,
        },
      ],
      props: { card: "firing" },
      priority: { priority: "important", requested_ack: true },
    });
  });

  it("puts the text above attachments of its own", async () => {
    const service = await recorder();
    const settings = `
    mattermost_configs: [{webhook_url: "${service.url}", text: T, attachments: [{text: A, fields: [{title: t, value: v, short: true}]}]}]`;
    await sendWith(settings, firing);
    expect(json(service.requests[0])).toMatchObject({
      text: "T",
      attachments: [{ text: "A", fields: [{ title: "t", value: "v", short: true }] }],
    });
  });
});

describe("incident.io", () => {
  it("posts a webhook with the source's token", async () => {
    const service = await recorder(() => 202);
    const settings = `
    incidentio_configs: [{url: "${service.url}/src", alert_source_token: T, max_alerts: 1}]`;
    await sendWith(settings, payload(alert("a"), alert("b")));
    expect(service.requests[0]?.headers.authorization).toBe("Bearer T");
    expect(json(service.requests[0])).toMatchObject({
      version: "1",
      truncatedAlerts: 1,
      groupKey: firing.groupKey,
      alerts: [{ fingerprint: "a000000000000000" }],
    });
  });

  it("sends the first alert alone where all are too many bytes", async () => {
    const service = await recorder();
    const big = (name: string) => ({ ...alert(name), annotations: { x: "y".repeat(300_000) } });
    const settings = `    incidentio_configs: [{url: "${service.url}", alert_source_token: T}]`;
    await sendWith(settings, payload(big("a"), big("b")));
    expect(json(service.requests[0])).toMatchObject({ truncatedAlerts: 1 });
  });
});

describe("jira", () => {
  const settings = (url: string, more = "") => `
    jira_configs:
      - api_url: ${url}
        project: OPS
        issue_type: Bug
        labels: [seaworthy]
        resolve_transition: Done
        reopen_transition: Reopen
        reopen_duration: 1h
        wont_fix_resolution: "Won't Do"
        fields: {customfield_1: {value: '{{ .CommonLabels.service }}'}}
        ${more}`;
  const steps = (requests: readonly Recorded[]) =>
    requests.map(({ method, path }) => `${method} ${path}`);

  it("opens an issue that it finds again by the group's label", async () => {
    const service = await recorder(({ path }) => (path.endsWith("search") ? { issues: [] } : 201));
    const url = `${service.url}/rest/api/2`;
    expect(await sendWith(settings(url), firing)).toEqual({ kind: "sent" });
    expect(steps(service.requests)).toEqual(["POST /rest/api/2/search", "POST /rest/api/2/issue"]);
    expect(json(service.requests[0])["jql"]).toBe(
      `(resolution is EMPTY or resolution != "Won't Do") and (resolutiondate is EMPTY OR resolutiondate >= -60m)` +
        ` and project="OPS" and labels="ALERT{${HASH}}" order by status ASC,resolutiondate DESC`,
    );
    expect(json(service.requests[1])).toEqual({
      fields: {
        project: { key: "OPS" },
        issuetype: { name: "Bug" },
        summary: SUBJECT,
        description: expect.stringContaining("# Alerts Firing:") as string,
        labels: [`ALERT{${HASH}}`, "seaworthy"],
        customfield_1: { value: "shop" },
      },
    });
    expect(await sendWith(settings(url), resolved)).toEqual({ kind: "sent" });
    expect(service.requests).toHaveLength(3);
  });

  it("updates and moves the issue that is there", async () => {
    let status = "done";
    const service = await recorder(({ method, path }) => {
      if (path.includes("search"))
        return {
          issues: [{ key: "OPS-1", fields: { status: { statusCategory: { key: status } } } }],
        };
      if (method === "GET")
        return {
          transitions: [
            { id: "3", name: "Reopen" },
            { id: "4", name: "Done" },
          ],
        };
      return 204;
    });
    const url = `${service.url}/rest/api/3`;
    const more = "api_type: cloud\n        summary: {template: S, enable_update: false}";
    expect(await sendWith(settings(url, more), firing)).toEqual({ kind: "sent" });
    expect(steps(service.requests)).toEqual([
      "POST /rest/api/3/search/jql",
      "PUT /rest/api/3/issue/OPS-1",
      "GET /rest/api/3/issue/OPS-1/transitions",
      "POST /rest/api/3/issue/OPS-1/transitions",
    ]);
    const { fields } = json(service.requests[1]) as { fields: Record<string, unknown> };
    expect(fields).not.toHaveProperty("summary");
    expect(fields["description"]).toMatchObject({ type: "doc", version: 1 });
    expect(json(service.requests[3])).toEqual({ transition: { id: "3" } });
    status = "new";
    await sendWith(settings(url), resolved);
    expect(json(service.requests.at(-1))).toEqual({ transition: { id: "4" } });
    const unknown = settings(url).replace("Done", "Gone");
    expect(await sendWith(unknown, resolved)).toMatchObject({
      kind: "failed",
      error: expect.stringContaining('no transition "Gone"') as string,
    });
  });
});
