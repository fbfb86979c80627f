import { randomUUID } from "node:crypto";
import type { IncidentRole, IncidentSeverity } from "../../model/index.ts";
import {
  addIncidentResource,
  findUser,
  removeIncidentResource,
  saveIncidentRole,
  saveIncidentServices,
  saveIncidentSubscriber,
  saveIncidentTask,
  workOfIncident,
} from "../../store/index.ts";
import type { Tx, UserRecord } from "../../store/index.ts";
import type { Actor, IncidentDesk, IncidentDetail } from "./desk.ts";
import { IncidentError } from "./errors.ts";

/** How much of each an incident takes. */
const LIMITS = { tasks: 200, resources: 100 } as const;

/** What people do in an incident, beside its state. Doing a thing twice changes nothing. */
export interface IncidentWork {
  /** Changes what is given: title, severity, service, when the fault began. */
  edit(
    actor: Actor,
    idOrNumber: string,
    given: {
      readonly title?: string | undefined;
      readonly severity?: IncidentSeverity | undefined;
      readonly service?: string | null | undefined;
      readonly beganAt?: Date | null | undefined;
    },
  ): Promise<IncidentDetail>;
  /** Gives a role to a person, or to nobody. Throws `person_unknown`. */
  assign(
    actor: Actor,
    idOrNumber: string,
    role: IncidentRole,
    personId: string | null,
  ): Promise<IncidentDetail>;
  /** `id`: given by the caller, so that a repeated request adds nothing. */
  addTask(
    actor: Actor,
    idOrNumber: string,
    task: {
      readonly id?: string | undefined;
      readonly text: string;
      readonly ownerId: string | null;
    },
  ): Promise<IncidentDetail>;
  /** Throws `incident_part_not_found`. */
  editTask(
    actor: Actor,
    idOrNumber: string,
    taskId: string,
    given: { readonly done?: boolean | undefined; readonly ownerId?: string | null | undefined },
  ): Promise<IncidentDetail>;
  addResource(
    actor: Actor,
    idOrNumber: string,
    resource: {
      readonly id?: string | undefined;
      readonly url: string;
      readonly title: string;
    },
  ): Promise<IncidentDetail>;
  removeResource(actor: Actor, idOrNumber: string, resourceId: string): Promise<IncidentDetail>;
  /** Says which services it touches beside its own. */
  setServices(
    actor: Actor,
    idOrNumber: string,
    services: readonly string[],
  ): Promise<IncidentDetail>;
  /** Has a person told of its turns, or no longer. */
  subscribe(
    actor: Actor,
    idOrNumber: string,
    personId: string,
    isTold: boolean,
  ): Promise<IncidentDetail>;
}

const ROLE_NAMES: Readonly<Record<IncidentRole, string>> = {
  commander: "commander",
  communications: "responsible for communications",
  scribe: "scribe",
};

/** Makes the commands about people's work. */
export function incidentWork(desk: IncidentDesk): IncidentWork {
  async function person(tx: Tx, id: string): Promise<UserRecord> {
    const found = await findUser(tx, id);
    if (found === undefined) throw new IncidentError("person_unknown", "There is no such person.");
    return found;
  }
  const owner = (tx: Tx, id: string | null) => (id === null ? null : person(tx, id));

  return {
    edit: (actor, idOrNumber, given) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const { title, severity, service, beganAt } = given;
        const next = {
          ...incident,
          ...(title === undefined ? {} : { title }),
          ...(severity === undefined ? {} : { severity }),
          ...(service === undefined ? {} : { service }),
          ...(beganAt === undefined ? {} : { beganAt }),
        };
        const edits: string[] = [];
        if (next.title !== incident.title) edits.push(`Named "${next.title}"`);
        if (next.service !== incident.service)
          edits.push(next.service === null ? "Is about no service" : `Is about ${next.service}`);
        if (next.beganAt?.getTime() !== incident.beganAt?.getTime())
          edits.push(
            next.beganAt === null
              ? "Nobody knows when it began"
              : `Began at ${next.beganAt.toISOString()}`,
          );
        const isSet = next.severity !== incident.severity;
        if (edits.length === 0 && !isSet) return;
        await desk.save(tx, [next], at);
        for (const text of edits)
          await desk.did(tx, incident, at, actor, { verb: "edit", kind: "edited", text });
        if (isSet) {
          const text = `Changed from ${incident.severity} to ${next.severity}`;
          await desk.did(tx, incident, at, actor, { verb: "edit", kind: "severity_set", text });
        }
      }),

    assign: (actor, idOrNumber, role, personId) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const { roles } = await workOfIncident(tx, incident.id);
        const had = roles.find((one) => one.role === role)?.person;
        if ((had?.id ?? null) === personId) return;
        const chosen = await owner(tx, personId);
        await saveIncidentRole(tx, incident.id, role, personId);
        const name = ROLE_NAMES[role];
        const text =
          chosen === null
            ? `${had?.name ?? "Nobody"} is no longer ${name}`
            : `${chosen.name} is ${name}`;
        await desk.did(tx, incident, at, actor, { verb: "assign", kind: "role", text });
      }),

    addTask: (actor, idOrNumber, { id = randomUUID(), text, ownerId }) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const { tasks } = await workOfIncident(tx, incident.id);
        if (tasks.some((task) => task.id === id)) return;
        if (tasks.length >= LIMITS.tasks)
          throw new IncidentError("incident_full", `It has ${LIMITS.tasks} tasks already.`);
        const chosen = await owner(tx, ownerId);
        await saveIncidentTask(tx, incident.id, {
          id,
          text,
          ownerId,
          createdAt: at,
          createdBy: actor,
          doneAt: null,
          doneBy: null,
        });
        await desk.did(tx, incident, at, actor, {
          verb: "task",
          kind: "task",
          text: `Task${chosen === null ? "" : ` for ${chosen.name}`}: ${text}`,
        });
      }),

    editTask: (actor, idOrNumber, taskId, given) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const { tasks } = await workOfIncident(tx, incident.id);
        const task = tasks.find(({ id }) => id === taskId);
        if (task === undefined)
          throw new IncidentError(
            "incident_part_not_found",
            `Incident #${incident.number} has no such task.`,
          );
        const { done = task.doneAt !== null, ownerId = task.owner?.id ?? null } = given;
        const turned = done !== (task.doneAt !== null);
        const handed = ownerId !== (task.owner?.id ?? null);
        if (!turned && !handed) return;
        const chosen = await owner(tx, ownerId);
        await saveIncidentTask(tx, incident.id, {
          ...task,
          ownerId,
          doneAt: turned ? (done ? at : null) : task.doneAt,
          doneBy: turned ? (done ? actor : null) : task.doneBy,
        });
        const said = [
          ...(handed ? [`Task ${chosen === null ? "of nobody" : `of ${chosen.name}`} now`] : []),
          ...(turned ? [done ? "Task done" : "Task not done after all"] : []),
        ];
        for (const words of said) {
          const text = `${words}: ${task.text}`;
          await desk.did(tx, incident, at, actor, { verb: "task", kind: "task", text });
        }
      }),

    addResource: (actor, idOrNumber, { id = randomUUID(), url, title }) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const { resources } = await workOfIncident(tx, incident.id);
        if (resources.some((one) => one.id === id)) return;
        if (resources.length >= LIMITS.resources)
          throw new IncidentError("incident_full", `It has ${LIMITS.resources} links already.`);
        const resource = { id, url, title, addedBy: actor, addedAt: at };
        await addIncidentResource(tx, incident.id, resource);
        await desk.did(tx, incident, at, actor, {
          verb: "link",
          kind: "link",
          text: `Link: ${title}`,
          detail: { url },
        });
      }),

    removeResource: (actor, idOrNumber, resourceId) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const removed = await removeIncidentResource(tx, incident.id, resourceId);
        if (removed === undefined) return;
        const text = `Link removed: ${removed.title}`;
        await desk.did(tx, incident, at, actor, { verb: "link", kind: "link", text });
      }),

    setServices: (actor, idOrNumber, services) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const wanted = [...new Set(services)].filter((one) => one !== incident.service).sort();
        const { services: had } = await workOfIncident(tx, incident.id);
        if (JSON.stringify([...had].sort()) === JSON.stringify(wanted)) return;
        await saveIncidentServices(tx, incident.id, wanted);
        const text =
          wanted.length === 0 ? "Touches no other service" : `Also touches ${wanted.join(", ")}`;
        await desk.did(tx, incident, at, actor, { verb: "edit", kind: "edited", text });
      }),

    subscribe: (actor, idOrNumber, personId, isTold) =>
      desk.command(idOrNumber, async (tx, incident, at) => {
        const who = await person(tx, personId);
        if (!(await saveIncidentSubscriber(tx, incident.id, personId, isTold))) return;
        await desk.did(tx, incident, at, actor, {
          verb: isTold ? "subscribe" : "unsubscribe",
          kind: "edited",
          text: isTold ? `${who.name} is kept informed` : `${who.name} is no longer kept informed`,
        });
      }),
  };
}
