import { channel } from "node:diagnostics_channel";
import { Agent, ClientRequest } from "node:http";

/** Where {@link announceCreated} tells of requests. */
export const createdChannel = "seaworthy:http.client.request.created";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Partial<Record<string, Method>>;

/** Known to all copies of the kit, so that one wrap is enough. */
const wrapped = Symbol.for("seaworthy.http.client.created");

/**
 * Announces outgoing requests of `node:http` and `node:https` while headers can still be added, as
 * Node itself does from 22.12 on (`http.client.request.created`). Before, it takes two methods that
 * every request passes, however `http.request` was come by: an agent is given the request as it is
 * made, still in the caller's context; what has no agent passes when its headers are written. Both
 * methods do as before, and nothing but the announcement is added.
 */
export function announceCreated(): void {
  if (announcesItself(process.versions.node)) return;
  const created = channel(createdChannel);
  const announce = (request: unknown): void => {
    if (created.hasSubscribers && request instanceof ClientRequest) created.publish({ request });
  };
  before(Agent.prototype as unknown as Methods, "addRequest", (_agent, request) =>
    announce(request),
  );
  before(ClientRequest.prototype as unknown as Methods, "_implicitHeader", announce);
}

/** Whether this version of Node has `http.client.request.created`. */
export function announcesItself(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 12);
}

/** Does `action` first whenever a method is called. Nothing is done where there is no such method. */
function before(
  methods: Methods,
  name: string,
  action: (self: unknown, first: unknown) => void,
): void {
  const original = methods[name];
  if (typeof original !== "function" || wrapped in original) return;
  const replacement: Method = function (...args) {
    action(this, args[0]);
    return original.apply(this, args);
  };
  methods[name] = Object.assign(replacement, { [wrapped]: true });
}
