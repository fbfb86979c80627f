import {
  addControlledService,
  approveControl,
  defineControl,
  getControlHistory,
  listControls,
  rejectControl,
  removeControl,
  removeControlledService,
  setControl,
} from "@seaworthy/contract";
import type { Control, ControlledService, ControlRequest } from "@seaworthy/contract";
import type { Controls } from "../../respond/index.ts";
import { operatorOf } from "../request.ts";
import type { Serve } from "./serve.ts";

type Listed = Awaited<ReturnType<Controls["list"]>>;
type ServiceRecord = Listed["services"][number];
type ControlRecord = ServiceRecord["controls"][number];
type RequestRecord = Listed["pending"][number];

const rangeView = ({ range }: ControlRecord["definition"]): Control["range"] =>
  range.kind === "choice" ? { kind: "choice", options: [...range.options] } : range;

const controlView = (control: ControlRecord): Control => ({
  service: control.service,
  environment: control.environment,
  name: control.name,
  ...control.definition,
  range: rangeView(control.definition),
  value: control.value,
  revision: control.revision,
  changedAt: control.changedAt.toISOString(),
  changedBy: control.changedBy,
  reason: control.reason,
  expiry:
    control.expiry === null
      ? null
      : { at: control.expiry.at.toISOString(), value: control.expiry.value },
});

const serviceView = ({ controls, ...service }: ServiceRecord): ControlledService => ({
  ...service,
  controls: controls.map(controlView),
});

const requestView = (request: RequestRecord): ControlRequest => ({
  id: request.id,
  service: request.service,
  environment: request.environment,
  name: request.name,
  value: request.value,
  reason: request.reason,
  lastsSeconds: request.lastsMs === null ? null : request.lastsMs / 1000,
  requestedBy: request.actor,
  requestedAt: request.requestedAt.toISOString(),
  expiresAt: request.expiresAt.toISOString(),
});

/** What operators do with emergency controls. */
export function serveControls(serve: Serve, controls: Controls): void {
  serve(listControls, async ({ query }) => {
    const { services, pending } = await controls.list(placeOf(query));
    return { services: services.map(serviceView), pending: pending.map(requestView) };
  });
  serve(addControlledService, async ({ body, request }) =>
    serviceView(await controls.addService(operatorOf(request), body)),
  );
  serve(removeControlledService, async ({ params, request }) => {
    await controls.removeService(operatorOf(request), params);
    return {};
  });
  serve(defineControl, async ({ params: { name, ...place }, body, request }) =>
    controlView(await controls.define(operatorOf(request), place, name, body)),
  );
  serve(removeControl, async ({ params: { name, ...place }, request }) => {
    await controls.remove(operatorOf(request), place, name);
    return {};
  });
  serve(setControl, async ({ params: { name, ...place }, body, request }) => {
    const { lastsSeconds, ...wanted } = body;
    const { control, pending } = await controls.set(operatorOf(request), place, name, {
      ...wanted,
      lastsMs: lastsSeconds === undefined ? undefined : lastsSeconds * 1000,
    });
    return {
      control: controlView(control),
      pending: pending === null ? null : requestView(pending),
    };
  });
  serve(approveControl, async ({ params, request }) => ({
    control: controlView(await controls.approve(operatorOf(request), params.id)),
  }));
  serve(rejectControl, async ({ params, request }) => {
    await controls.reject(operatorOf(request), params.id);
    return {};
  });
  serve(getControlHistory, async ({ query: { name, before, limit, ...place } }) => {
    const { changes, next } = await controls.history({
      ...placeOf(place),
      name,
      before,
      limit,
    });
    return {
      changes: changes.map(({ actor, ...each }) => ({
        ...each,
        by: actor,
        at: each.at.toISOString(),
        until: each.until?.toISOString() ?? null,
      })),
      next,
    };
  });
}

function placeOf({
  service,
  environment,
}: {
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
}) {
  return {
    ...(service === undefined ? {} : { service }),
    ...(environment === undefined ? {} : { environment }),
  };
}
