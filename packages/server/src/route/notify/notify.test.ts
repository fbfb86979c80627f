import { describe, expect, it } from "vitest";
import { alert, NOW, payload, sendWith } from "../../../test/notify-rig.ts";
import { startReceiver } from "../../../test/receiver.ts";

describe("webhook", () => {
  it("cuts off after max_alerts and says how many", async () => {
    const receiver = await startReceiver();
    await sendWith(
      `    webhook_configs: [{url: "${receiver.url}/x", max_alerts: 1}]`,
      payload(alert("a"), alert("b", "resolved")),
    );
    expect(receiver.received[0]?.body).toMatchObject({
      truncatedAlerts: 1,
      receiver: "team\\.x",
      commonLabels: { instance: "a" },
    });
  });

  it("writes the end of a resolved alert as Go does", async () => {
    const receiver = await startReceiver();
    await sendWith(
      `    webhook_configs: [{url: "${receiver.url}"}]`,
      payload(alert("a", "resolved")),
    );
    const [sent] = receiver.received[0]?.body.alerts ?? [];
    expect(sent).toMatchObject({
      startsAt: "2026-01-05T11:59:00Z",
      endsAt: "2026-01-05T11:59:58.5Z",
    });
  });

  it("expands templates in its URL and payload", async () => {
    const receiver = await startReceiver();
    const settings = `
    webhook_configs:
      - url: '${receiver.url}/{{ .CommonLabels.service }}'
        payload:
          title: 'Alert {{ .GroupLabels.service | toUpper }}'
          count: '{{ len .Alerts }}'
          list: ['{{ .Status }}', {'{{ .Receiver }}': true}]`;
    expect(await sendWith(settings, payload(alert("a"), alert("b")))).toEqual({ kind: "sent" });
    expect(receiver.received[0]?.path).toBe("/shop");
    expect(receiver.received[0]?.body).toEqual({
      title: "Alert SHOP",
      count: 2,
      list: ["firing", { "team\\.x": true }],
    });
  });

  it.each([
    ["basic_auth: {username: me, password_file: secret}", `Basic ${btoa("me:s3cret")}`],
    ["authorization: {credentials_file: secret}", "Bearer s3cret"],
    ["authorization: {type: Token, credentials: x}", "Token x"],
    ["bearer_token: y", "Bearer y"],
  ])("says who it is by %s", async (http, header) => {
    const receiver = await startReceiver();
    const settings = `    webhook_configs: [{url_file: target, http_config: {${http}, http_headers: {X-Team: {values: [shop]}}}}]`;
    const files = { secret: "s3cret\n", target: `${receiver.url}/from-file\n` };
    expect(await sendWith(settings, payload(alert("a")), { files })).toEqual({ kind: "sent" });
    expect(receiver.received[0]).toMatchObject({
      path: "/from-file",
      headers: { authorization: header, "x-team": "shop", "idempotency-key": "key" },
    });
  });

  it.each([
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": new Date(NOW + 9000).toUTCString() }, 9000],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("is told by %j to wait %s ms", async (headers, after) => {
    const receiver = await startReceiver((response) =>
      response.writeHead(503, headers).end("busy"),
    );
    const outcome = await sendWith(
      `    webhook_configs: [{url: "${receiver.url}"}]`,
      payload(alert("a")),
    );
    expect(outcome).toEqual({
      kind: "retry",
      error: "the receiver answered 503: busy",
      ...(after === undefined ? {} : { after }),
    });
  });

  it("gives up on a receiver that does not answer in time, or never ends its answer", async () => {
    const silent = await startReceiver(() => {});
    const settings = (url: string) => `    webhook_configs: [{url: "${url}", timeout: 50ms}]`;
    expect(await sendWith(settings(silent.url), payload(alert("a")))).toEqual({
      kind: "retry",
      error: "no answer within 50 ms",
    });
    const endless = await startReceiver((response) => {
      response.writeHead(400);
      const more = () => void response.write("x".repeat(65_536), more);
      more();
    });
    const outcome = await sendWith(
      settings(endless.url).replace("50ms", "5s"),
      payload(alert("a")),
    );
    expect(outcome.kind).toBe("failed");
  });

  it("tries again when nobody is there, without showing the URL", async () => {
    const outcome = await sendWith(
      '    webhook_configs: [{url: "http://127.0.0.1:1/SECRET"}]',
      payload(alert("a")),
    );
    expect(outcome.kind).toBe("retry");
    expect(JSON.stringify(outcome)).not.toContain("SECRET");
  });

  it("waits for a file that is missing, and fails on a template that does not expand", async () => {
    const missing = await sendWith(
      "    webhook_configs: [{url_file: nowhere}]",
      payload(alert("a")),
    );
    expect(missing).toMatchObject({
      kind: "retry",
      error: expect.stringContaining("nowhere") as string,
    });
    const broken = await sendWith(
      "    webhook_configs: [{url: 'http://x/{{ template \"none\" . }}'}]",
      payload(alert("a")),
    );
    expect(broken).toMatchObject({ kind: "failed" });
  });
});

describe("slack", () => {
  it("sends an attachment with Alertmanager's default texts", async () => {
    const receiver = await startReceiver((response) => response.end("ok"));
    const settings = `    slack_configs: [{channel: '#alerts', api_url: "${receiver.url}/services/T/B/X"}]`;
    expect(await sendWith(settings, payload(alert("a"), alert("b")))).toEqual({ kind: "sent" });
    const link = "http://sw.example/alerts?receiver=team%5C.x";
    expect(receiver.received[0]?.body).toEqual({
      channel: "#alerts",
      username: "Seaworthy",
      attachments: [
        {
          title: "[FIRING:2] shop (Down)",
          title_link: link,
          text: "",
          fallback: `[FIRING:2] shop (Down) | ${link}`,
          callback_id: "",
          footer: "",
          color: "danger",
          mrkdwn_in: ["fallback", "pretext", "text"],
        },
      ],
    });
  });

  it("takes templates, fields and actions, and is green when all is well", async () => {
    const receiver = await startReceiver((response) => response.end("ok"));
    const settings = `
    slack_configs:
      - api_url_file: url
        title: '{{ template "mine" . }}'
        text: '{{ range .Alerts }}{{ .Annotations.summary }}; {{ end }}'
        short_fields: true
        fields: [{title: Service, value: '{{ .CommonLabels.service }}'}, {title: L, value: x, short: false}]
        actions:
          - {type: button, text: Look, url: 'http://look/{{ .Status }}', name: dropped}
          - {type: button, text: Ack, name: ack, value: '1', style: danger, confirm: {text: Sure?}}`;
    await sendWith(settings, payload(alert("a", "resolved")), {
      global: "templates: [mine.tmpl]",
      files: { url: receiver.url, "mine.tmpl": '{{ define "mine" }}It is {{ .Status }}{{ end }}' },
    });
    expect(receiver.received[0]?.body).toMatchObject({
      attachments: [
        {
          title: "It is resolved",
          text: "a is down; ",
          color: "good",
          fields: [
            { title: "Service", value: "shop", short: true },
            { title: "L", value: "x", short: false },
          ],
          actions: [
            { type: "button", text: "Look", url: "http://look/resolved" },
            {
              type: "button",
              text: "Ack",
              name: "ack",
              value: "1",
              style: "danger",
              confirm: { text: "Sure?" },
            },
          ],
        },
      ],
    });
  });

  it("posts with a bot's token, and believes Slack's answer rather than its status", async () => {
    const receiver = await startReceiver((response) => {
      response.setHeader("content-type", "application/json; charset=utf-8");
      response.end('{"ok":false,"error":"channel_not_found"}');
    });
    const settings = `    slack_configs: [{channel: '#x', app_token: xoxb-1, app_url: "${receiver.url}"}]`;
    expect(await sendWith(settings, payload(alert("a")))).toEqual({
      kind: "failed",
      error: "Slack refused the message: channel_not_found",
    });
    expect(receiver.received[0]?.headers.authorization).toBe("Bearer xoxb-1");
    receiver.answer = (response) => response.end("invalid_payload");
    expect(await sendWith(settings, payload(alert("a")))).toMatchObject({ kind: "failed" });
    receiver.answer = (response) => {
      response.setHeader("content-type", "application/json");
      response.end('{"ok":true}');
    };
    expect(await sendWith(settings, payload(alert("a")))).toEqual({ kind: "sent" });
  });

  it("changes the message that it posted, when it is told to", async () => {
    const receiver = await startReceiver((response) => {
      response.setHeader("content-type", "application/json");
      response.end('{"ok":true,"channel":"C1","ts":"17.5"}');
    });
    const settings = `
    slack_configs:
      - api_url: https://slack.com/api/chat.postMessage
        channel: '#x'
        update_message: true
        http_config: {authorization: {credentials: xoxb-1}}`;
    const target = `${receiver.url}/api/chat.postMessage`;
    const message = '{"channel":"C1","ts":"17.5"}';
    const first = await sendWith(settings, payload(alert("a")), { target });
    expect(first).toEqual({ kind: "sent", message });
    await sendWith(settings, payload(alert("a", "resolved")), { target, message });
    expect(receiver.received.map(({ path }) => path)).toEqual([
      "/api/chat.postMessage",
      "/api/chat.update",
    ]);
    expect(receiver.received[1]?.body).toMatchObject({ channel: "C1", ts: "17.5" });
  });

  it("answers its first message in a thread, when that is wished, and remembers the first", async () => {
    const receiver = await startReceiver((response) => {
      response.setHeader("content-type", "application/json");
      response.end(`{"ok":true,"channel":"C1","ts":"17.${receiver.received.length}"}`);
    });
    const settings = `    slack_configs: [{channel: '#x', app_token: xoxb-1, app_url: "${receiver.url}"}]`;
    const threads = { slackThreads: true };
    const first = await sendWith(settings, payload(alert("a")), threads);
    const message = '{"channel":"C1","ts":"17.1"}';
    expect(first).toEqual({ kind: "sent", message });
    const later = await sendWith(settings, payload(alert("a", "resolved")), {
      ...threads,
      message,
    });
    expect(later).toEqual({ kind: "sent" });
    expect(receiver.received.map(({ body }) => body)).toMatchObject([
      { channel: "#x" },
      { channel: "C1", thread_ts: "17.1" },
    ]);
    expect(receiver.received[0]?.body).not.toHaveProperty("thread_ts");
  });

  it("cuts a title that Slack would refuse", async () => {
    const receiver = await startReceiver((response) => response.end("ok"));
    const settings = `    slack_configs: [{api_url: "${receiver.url}", title: '${"é".repeat(2000)}'}]`;
    await sendWith(settings, payload(alert("a")));
    const body = receiver.received[0]?.body as unknown as { attachments: { title: string }[] };
    expect(body.attachments[0]?.title).toHaveLength(1024);
  });
});
