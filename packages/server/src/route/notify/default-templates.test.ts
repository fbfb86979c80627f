import { describe, expect, it } from "vitest";
import { alert, NOW, payload } from "../../../test/notify-rig.ts";
import { Templates } from "./templates.ts";

const templates = new Templates([], () => NOW);
const GROUPS = { firing: payload(alert("a")), mixed: payload(alert("a"), alert("b", "resolved")) };

// That those that Debian's Alertmanager has read alike is shown by test/journeys.
describe("default templates that are newer than Debian's", () => {
  it("say how bad it is in Jira's words", () => {
    const priority = (...severities: (readonly [string, "firing" | "resolved"])[]) =>
      templates
        .renderer(
          payload(
            ...severities.map(([severity, status]) => ({
              ...alert("a", status),
              labels: { alertname: "Down", severity },
            })),
          ),
          "",
        )
        .text('{{ template "jira.default.priority" . }}');
    expect(priority(["warning", "firing"], ["critical", "firing"], ["info", "firing"])).toBe(
      "High",
    );
    expect(priority(["info", "firing"], ["critical", "resolved"])).toBe("Low");
    expect(priority(["other", "firing"], ["critical", "resolved"])).toBe("High");
    expect(priority(["other", "firing"])).toBe("");
  });

  it("list alerts in Markdown", () => {
    const text = templates
      .renderer(GROUPS.mixed, "")
      .text('{{ template "msteams.default.text" . }}');
    expect(text).toMatch(
      /^\n\n# Alerts Firing:\n\nLabels:\n {2}- alertname = Down\n[^]*Source: http:\/\/expr\n{5}# Alerts Resolved:\n\nLabels:/,
    );
  });

  it("expand the labels of routes, which may use one another", () => {
    const routeLabels = {
      team: "{{ .CommonLabels.service }}-team",
      mail: '{{ routeLabels "team" }}@x',
    };
    const { text } = templates.renderer({ ...GROUPS.firing, routeLabels }, "");
    expect(text('{{ routeLabels "mail" }} {{ .RouteLabels.team }} {{ .NotificationReason }}')).toBe(
      "shop-team@x shop-team first notification",
    );
    const cycle = { a: '{{ routeLabels "b" }}', b: '{{ routeLabels "a" }}' };
    expect(() => templates.renderer({ ...GROUPS.firing, routeLabels: cycle }, "")).toThrow(
      /a -> b -> a/,
    );
  });
});
