/** Go's text/template as Prometheus and Alertmanager use it. */
export { fn, variadic } from "./callable.ts";
export { FunctionError, TemplateError } from "./errors.ts";
export type { MissingKey } from "./execute.ts";
export { alertmanagerFunctions } from "./functions/alertmanager.ts";
export { keyValues, notificationData } from "./functions/notification.ts";
export type { Notification, NotificationAlert } from "./functions/notification.ts";
export { prometheusFunctions } from "./functions/prometheus.ts";
export type { PrometheusEnvironment, QuerySample } from "./functions/prometheus.ts";
export { RULE_VARIABLES, ruleData } from "./functions/rule.ts";
export type { RuleAlert } from "./functions/rule.ts";
export { DEFAULT_LIMITS } from "./limits.ts";
export type { Limits } from "./limits.ts";
export { Template, TemplateSet } from "./template.ts";
export type { TemplateOptions, Variables } from "./template.ts";
export { DurationValue, TimeValue } from "./time.ts";
export {
  FunctionValue,
  ListValue,
  MapValue,
  stringList,
  stringMap,
  StructValue,
  toValue,
} from "./values.ts";
export type { Callable, FunctionSet, Methods, ParameterType, Run, Value } from "./values.ts";
