import {
  addResource,
  addTask,
  assignRole,
  editIncident,
  editTask,
  mergeIncident,
  moveIncident,
  removeResource,
  reopenIncident,
  setIncidentServices,
  splitIncident,
  subscribeToIncident,
  unsubscribeFromIncident,
} from "@seaworthy/contract";
import { personOf } from "../../access/index.ts";
import type { Incidents } from "../../respond/index.ts";
import { actorOfRequest, principalOf } from "../request.ts";
import { incidentView } from "./incidents.ts";
import type { Serve } from "./serve.ts";

/** What people do in an incident. */
export function serveIncidentWork(serve: Serve, incidents: Incidents): void {
  serve(editIncident, async ({ params, body: { beganAt, ...rest }, request }) =>
    incidentView(
      await incidents.edit(actorOfRequest(request), params.id, {
        ...rest,
        ...(beganAt === undefined ? {} : { beganAt: beganAt === null ? null : new Date(beganAt) }),
      }),
    ),
  );
  serve(moveIncident, async ({ params, body, request }) =>
    incidentView(
      await incidents.moveTo(actorOfRequest(request), params.id, body.state, body.comment),
    ),
  );
  serve(reopenIncident, async ({ params, body, request }) =>
    incidentView(await incidents.reopen(actorOfRequest(request), params.id, body.comment)),
  );
  serve(mergeIncident, async ({ params, body, request }) =>
    incidentView(await incidents.merge(actorOfRequest(request), params.id, body.into)),
  );
  serve(splitIncident, async ({ params, body, request }) =>
    incidentView(await incidents.split(actorOfRequest(request), params.id, body)),
  );
  serve(assignRole, async ({ params, body, request }) =>
    incidentView(
      await incidents.assign(actorOfRequest(request), params.id, params.role, body.person),
    ),
  );
  serve(addTask, async ({ params, body: { owner, ...task }, request }) =>
    incidentView(
      await incidents.addTask(actorOfRequest(request), params.id, { ...task, ownerId: owner }),
    ),
  );
  serve(editTask, async ({ params, body: { done, owner }, request }) =>
    incidentView(
      await incidents.editTask(actorOfRequest(request), params.id, params.task, {
        done,
        ownerId: owner,
      }),
    ),
  );
  serve(addResource, async ({ params, body, request }) =>
    incidentView(await incidents.addResource(actorOfRequest(request), params.id, body)),
  );
  serve(removeResource, async ({ params, request }) =>
    incidentView(await incidents.removeResource(actorOfRequest(request), params.id, params.link)),
  );
  serve(setIncidentServices, async ({ params, body, request }) =>
    incidentView(await incidents.setServices(actorOfRequest(request), params.id, body.services)),
  );
  for (const [operation, isTold] of [
    [subscribeToIncident, true],
    [unsubscribeFromIncident, false],
  ] as const) {
    serve(operation, async ({ params, request }) => {
      const { userId } = personOf(principalOf(request));
      return incidentView(
        await incidents.subscribe(actorOfRequest(request), params.id, userId, isTold),
      );
    });
  }
}
