import { fn } from "../callable.ts";
import type { Callable } from "../values.ts";
import { TimeValue } from "../time.ts";
import { Output } from "../print.ts";
import { compareUtf8, ListValue, MapValue, stringList, StructValue } from "../values.ts";

/** One alert as notification templates see it. Times are milliseconds since 1970. */
export interface NotificationAlert {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/** What a notification is about: the dot of Alertmanager's notification templates. */
export interface Notification {
  readonly receiver: string;
  readonly status: "firing" | "resolved";
  readonly alerts: readonly NotificationAlert[];
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  /** Why the notification is made, in Alertmanager's words. */
  readonly reason?: string;
  /** The labels of the route, expanded. */
  readonly routeLabels?: Readonly<Record<string, string>>;
}

/** What JSON calls the fields, as in webhooks. */
const DATA_NAMES = {
  Receiver: "receiver",
  Status: "status",
  Alerts: "alerts",
  NotificationReason: "notification_reason",
  GroupLabels: "groupLabels",
  CommonLabels: "commonLabels",
  CommonAnnotations: "commonAnnotations",
  RouteLabels: "routeLabels",
  ExternalURL: "externalURL",
};
const ALERT_NAMES = {
  Status: "status",
  Labels: "labels",
  Annotations: "annotations",
  StartsAt: "startsAt",
  EndsAt: "endsAt",
  GeneratorURL: "generatorURL",
  Fingerprint: "fingerprint",
};

/** The dot of a notification template: `.Status`, `.Alerts.Firing`, `.CommonLabels.SortedPairs`, … */
export function notificationData(notification: Notification): StructValue {
  const fields = {
    Receiver: notification.receiver,
    Status: notification.status,
    Alerts: alerts(notification.alerts),
    NotificationReason: notification.reason ?? "unknown",
    GroupLabels: keyValues(notification.groupLabels),
    CommonLabels: keyValues(notification.commonLabels),
    CommonAnnotations: keyValues(notification.commonAnnotations),
    RouteLabels: keyValues(notification.routeLabels ?? {}),
    ExternalURL: notification.externalURL,
  };
  return new StructValue("template.Data", fields, { jsonNames: DATA_NAMES });
}

function alerts(list: readonly NotificationAlert[]): ListValue {
  const values = list.map(alertValue);
  const withStatus = (status: string) =>
    fn([], () => {
      const chosen = values.filter((_, index) => list[index]?.status === status);
      return new ListValue(chosen, "[]template.Alert");
    });
  return new ListValue(values, "template.Alerts", {
    Firing: withStatus("firing"),
    Resolved: withStatus("resolved"),
  });
}

function alertValue(alert: NotificationAlert): StructValue {
  const fields = {
    Status: alert.status,
    Labels: keyValues(alert.labels),
    Annotations: keyValues(alert.annotations),
    StartsAt: new TimeValue(alert.startsAt),
    EndsAt: new TimeValue(alert.endsAt),
    GeneratorURL: alert.generatorURL,
    Fingerprint: alert.fingerprint,
  };
  return new StructValue("template.Alert", fields, { jsonNames: ALERT_NAMES });
}

/** A label set with Alertmanager's methods: SortedPairs, Names, Values, Remove. */
export function keyValues(labels: Readonly<Record<string, string>>): MapValue {
  return keyValueMap(new Map(Object.entries(labels)));
}

function keyValueMap(entries: ReadonlyMap<string, string>): MapValue {
  const methods: Record<string, Callable> = {
    SortedPairs: fn([], () => sortedPairs(entries)),
    Names: fn([], () => strings(sorted(entries).map(([name]) => name))),
    Values: fn([], () => strings(sorted(entries).map(([, value]) => value))),
    Remove: fn(["[]string"], ([names]) => {
      const removed = new Set(names.items);
      return keyValueMap(new Map([...entries].filter(([name]) => !removed.has(name))));
    }),
  };
  return new MapValue(entries, { zero: "", typeName: "template.KV", methods });
}

/** By name, with the alert's name first. */
function sorted(entries: ReadonlyMap<string, string>): (readonly [string, string])[] {
  const rank = (name: string) => (name === "alertname" ? 0 : 1);
  return [...entries].sort(([a], [b]) => rank(a) - rank(b) || compareUtf8(a, b));
}

function sortedPairs(entries: ReadonlyMap<string, string>): ListValue {
  const pairs = sorted(entries);
  const items = pairs.map(([Name, Value]) => new StructValue("template.Pair", { Name, Value }));
  return new ListValue(items, "template.Pairs", {
    Names: fn([], () => strings(pairs.map(([name]) => name))),
    Values: fn([], () => strings(pairs.map(([, value]) => value))),
  });
}

/** A list of names or values, which can join itself. */
function strings(items: readonly string[]): ListValue {
  return stringList(items, "[]string", {
    Join: fn(["string"], ([separator], run) => {
      const out = new Output(run.maxString);
      for (const [index, item] of items.entries()) out.write(index > 0 ? separator + item : item);
      return out.text;
    }),
  });
}
