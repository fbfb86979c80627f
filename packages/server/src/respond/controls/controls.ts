import type { Logger } from "pino";
import type { Announce, Clock } from "../../model/index.ts";
import {
  addControlChange,
  addControlRequest,
  addControlScope,
  addTimeline,
  controlScopesDue,
  countControlScopes,
  deleteControl,
  deleteControlRequest,
  deleteControlScope,
  findControlRequest,
  listControlChanges,
  listControlRequests,
  listControls,
  listControlScopes,
  lockControlScope,
  nextControlExpiry,
  nextControlRevision,
  openIncidentsOfService,
  saveControl,
  writeAudit,
} from "../../store/index.ts";
import type {
  ControlPlace,
  ControlRecord,
  ControlRequestRecord,
  Records,
  Tx,
} from "../../store/index.ts";
import { WorkLoop } from "../work-loop.ts";
import { checkDefinition, checkValue, fits, inWords, STANDARD } from "./definitions.ts";
import type { ControlValue } from "./definitions.ts";
import { ControlError } from "./errors.ts";
import { CHANNEL, Feed } from "./feed.ts";
import type { Controls, Operator, WantedChange } from "./interface.ts";

const LIMITS = {
  /** Services with controls, and the controls of one. */
  services: 2000,
  controlsOfService: 100,
  /** How long a change waits for a second person, ms. */
  requestMs: 30 * 60_000,
  /** Services in which expired changes are put back at a time. */
  batch: 50,
} as const;

/** Who acts when a time is over. */
const SYSTEM = "system";

/** Makes the service of emergency controls. */
export function createControls(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Logger;
  readonly announce: Announce;
}): Controls {
  const { records, clock, log } = deps;
  const feed = new Feed({
    records,
    clock,
    log,
    changed: () => {
      deps.announce({ topic: "controls" });
      keeper.wake();
    },
  });
  const keeper = new WorkLoop({
    clock,
    log,
    failure: "controls could not be put back; trying again",
    work: async () => {
      for (;;) {
        const due = await controlScopesDue(records.db, new Date(clock.now()), LIMITS.batch);
        for (const place of due) await records.transaction((tx) => putBack(tx, place));
        if (due.length < LIMITS.batch) return nextControlExpiry(records.db);
      }
    },
  });

  /** Locks the service; what belongs to it is read afterwards. */
  async function lock(tx: Tx, place: ControlPlace): Promise<void> {
    if ((await lockControlScope(tx, place)) !== undefined) return;
    throw new ControlError(
      "control_not_found",
      `The service "${place.service}" has no controls in the environment "${place.environment}". Add it first: POST /api/controls, or \`seaworthy controls add\`.`,
    );
  }

  async function find(tx: Tx, place: ControlPlace, name: string): Promise<ControlRecord> {
    await lock(tx, place);
    const all = await listControls(tx, place);
    const control = all.find((each) => each.name === name);
    if (control !== undefined) return control;
    throw new ControlError(
      "control_not_found",
      `"${place.service}" has no control "${name}" in "${place.environment}"; it has ${all
        .slice(0, 10)
        .map((each) => each.name)
        .join(", ")}.`,
    );
  }

  /** Tells the applications and everybody who watches, once the change is committed. */
  async function told(tx: Tx, { service, environment }: ControlPlace): Promise<void> {
    await records.notify(tx, CHANNEL, JSON.stringify([service, environment]));
    records.afterCommit(tx, () => {
      feed.changed({ service, environment });
      deps.announce({ topic: "controls" });
      keeper.wake();
    });
  }

  /** Remembers what happened: in the audit log, and in the timelines of the service's open incidents. */
  async function noted(
    tx: Tx,
    at: number,
    actor: string,
    action: string,
    { service, environment, name }: ControlPlace & { readonly name: string },
    text: string,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await writeAudit(tx, {
      at,
      actor,
      action,
      subject: `${service}/${environment}/${name}`,
      detail,
    });
    const incidents = await openIncidentsOfService(tx, service);
    await addTimeline(
      tx,
      incidents.map((incidentId) => ({
        incidentId,
        at: new Date(at),
        kind: "control" as const,
        actor,
        text,
      })),
    );
    for (const id of incidents) {
      records.afterCommit(tx, () => deps.announce({ topic: "incidents", id }));
    }
  }

  /** Makes a change; the service's lock is held. */
  async function change(
    tx: Tx,
    control: ControlRecord,
    by: {
      readonly action: string;
      readonly actor: string;
      readonly approvedBy: string | null;
      readonly reason: string;
    },
    to: { readonly value: ControlValue; readonly lastsMs: number | null },
  ): Promise<ControlRecord> {
    const at = clock.now();
    // What was changed for a while goes back to what it was before all that.
    const former = control.expiry?.value ?? control.value;
    const next: ControlRecord = {
      ...control,
      value: to.value,
      revision: await nextControlRevision(tx, control),
      changedAt: new Date(at),
      changedBy: by.actor,
      reason: by.reason,
      expiry: to.lastsMs === null ? null : { at: new Date(at + to.lastsMs), value: former },
    };
    await saveControl(tx, next);
    const { service, environment, name, revision, value } = next;
    const until = next.expiry?.at ?? null;
    const was = control.value;
    await addControlChange(tx, {
      service,
      environment,
      name,
      revision,
      was,
      value,
      at: next.changedAt,
      actor: by.actor,
      approvedBy: by.approvedBy,
      reason: by.reason,
      until,
    });
    // What waits was asked for on another value.
    const [waiting] = await waitingFor(tx, control);
    if (waiting !== undefined) await deleteControlRequest(tx, waiting.id);
    const second = by.approvedBy === null ? "" : `, approved by ${by.approvedBy}`;
    const end = until === null ? "" : ` until ${until.toISOString()}`;
    await noted(
      tx,
      at,
      by.actor,
      by.action,
      next,
      `${name} of ${service} (${environment}): ${inWords(was)} → ${inWords(value)}${end}${second}. ${by.reason}`,
      { was, value, reason: by.reason, approvedBy: by.approvedBy, until, revision },
    );
    await told(tx, next);
    return next;
  }

  const waitingFor = async (tx: Tx, { name, ...place }: ControlRecord) =>
    (await listControlRequests(tx, place)).filter((each) => each.name === name);

  /** Ends what is over in a service: each thing once, since it is looked for under the lock. */
  async function putBack(tx: Tx, place: ControlPlace): Promise<void> {
    if ((await lockControlScope(tx, place)) === undefined) return;
    const now = clock.now();
    for (const control of await listControls(tx, place)) {
      const { expiry } = control;
      if (expiry === null || expiry.at.getTime() > now) continue;
      const by = {
        action: "control.expire",
        actor: SYSTEM,
        approvedBy: null,
        reason: `The time that ${control.changedBy} had set is over`,
      };
      await change(tx, control, by, { value: expiry.value, lastsMs: null });
    }
    for (const request of await listControlRequests(tx, place)) {
      if (request.expiresAt.getTime() > now) continue;
      await deleteControlRequest(tx, request.id);
      const text = `Nobody approved in time: ${inWordsOf(request)}`;
      await noted(tx, now, SYSTEM, "control.request-expire", request, text, requested(request));
      await told(tx, request);
    }
  }

  const inWordsOf = ({ name, service, environment, value }: ControlRequestRecord) =>
    `${name} of ${service} (${environment}) → ${inWords(value)}`;
  const requested = ({ value, reason, actor }: ControlRequestRecord) => ({
    value,
    reason,
    requestedBy: actor,
  });

  /** Finds a request that still waits, and locks its service. */
  async function waiting(
    tx: Tx,
    id: string,
  ): Promise<{ readonly request: ControlRequestRecord; readonly control: ControlRecord }> {
    const gone = () =>
      new ControlError(
        "control_request_not_found",
        `There is no change ${id} that waits: it was made, refused, or came too late.`,
      );
    const first = await findControlRequest(records.db, id);
    if (first === undefined) throw gone();
    const control = await find(tx, first, first.name);
    const request = await findControlRequest(tx, id);
    if (request === undefined || request.expiresAt.getTime() <= clock.now()) throw gone();
    return { request, control };
  }

  return {
    feed,

    async list(only = {}) {
      const [scopes, all, pending] = await Promise.all([
        listControlScopes(records.db, only),
        listControls(records.db, only),
        listControlRequests(records.db, only),
      ]);
      const keyOf = (place: ControlPlace) => JSON.stringify([place.service, place.environment]);
      const controlsOf = new Map<string, ControlRecord[]>();
      for (const control of all) {
        const key = keyOf(control);
        const others = controlsOf.get(key);
        if (others === undefined) controlsOf.set(key, [control]);
        else others.push(control);
      }
      const now = clock.now();
      return {
        services: scopes.map((scope) => ({
          ...scope,
          listeners: feed.listeners(scope),
          controls: controlsOf.get(keyOf(scope)) ?? [],
        })),
        pending: pending.filter(({ expiresAt }) => expiresAt.getTime() > now),
      };
    },

    addService: (by, place) =>
      records.transaction(async (tx) => {
        const isNew = await addControlScope(tx, place);
        await lock(tx, place);
        if (isNew) {
          if ((await countControlScopes(tx)) > LIMITS.services) {
            throw new ControlError(
              "control_limit",
              `There are ${LIMITS.services} services with controls already; remove one first.`,
            );
          }
          const at = clock.now();
          const revision = await nextControlRevision(tx, place);
          for (const [name, definition] of Object.entries(STANDARD)) {
            await saveControl(tx, {
              ...place,
              name,
              definition,
              value: definition.normal,
              revision,
              changedAt: new Date(at),
              changedBy: by.name,
              reason: "",
              expiry: null,
            });
          }
          await writeAudit(tx, {
            at,
            actor: by.name,
            action: "control.add-service",
            subject: `${place.service}/${place.environment}`,
          });
          await told(tx, place);
        }
        const [scope] = await listControlScopes(tx, place);
        return {
          ...place,
          revision: scope?.revision ?? 0,
          listeners: feed.listeners(place),
          controls: await listControls(tx, place),
        };
      }),

    removeService: (by, place) =>
      records.transaction(async (tx) => {
        await lock(tx, place);
        await deleteControlScope(tx, place);
        await writeAudit(tx, {
          at: clock.now(),
          actor: by.name,
          action: "control.remove-service",
          subject: `${place.service}/${place.environment}`,
        });
        await told(tx, place);
      }),

    define: (by, place, name, definition) =>
      records.transaction(async (tx) => {
        checkDefinition(name, definition);
        await lock(tx, place);
        const all = await listControls(tx, place);
        const known = all.find((each) => each.name === name);
        if (known === undefined && all.length >= LIMITS.controlsOfService) {
          throw new ControlError(
            "control_limit",
            `"${place.service}" has ${LIMITS.controlsOfService} controls in "${place.environment}"; remove one first.`,
          );
        }
        const at = clock.now();
        const keeps = known !== undefined && fits(definition, known.value);
        const expiry = known?.expiry ?? null;
        const next: ControlRecord = {
          ...place,
          name,
          definition,
          value: keeps ? known.value : definition.normal,
          revision: await nextControlRevision(tx, place),
          changedAt: new Date(at),
          changedBy: by.name,
          reason: known === undefined ? "Made" : "Defined anew",
          expiry: keeps && expiry !== null && fits(definition, expiry.value) ? expiry : null,
        };
        await saveControl(tx, next);
        if (known !== undefined) {
          const [asked] = await waitingFor(tx, known);
          if (asked !== undefined) await deleteControlRequest(tx, asked.id);
        }
        await addControlChange(tx, {
          ...place,
          name,
          revision: next.revision,
          was: known?.value ?? null,
          value: next.value,
          at: next.changedAt,
          actor: by.name,
          approvedBy: null,
          reason: next.reason,
          until: next.expiry?.at ?? null,
        });
        await writeAudit(tx, {
          at,
          actor: by.name,
          action: "control.define",
          subject: `${place.service}/${place.environment}/${name}`,
          detail: { ...definition },
        });
        await told(tx, place);
        return next;
      }),

    remove: (by, place, name) =>
      records.transaction(async (tx) => {
        if (Object.hasOwn(STANDARD, name)) {
          throw new ControlError(
            "control_standard",
            `${name} belongs to every service with controls and cannot be removed alone.`,
          );
        }
        const control = await find(tx, place, name);
        await deleteControl(tx, place, name);
        const at = clock.now();
        await addControlChange(tx, {
          ...place,
          name,
          revision: await nextControlRevision(tx, place),
          was: control.value,
          value: null,
          at: new Date(at),
          actor: by.name,
          approvedBy: null,
          reason: "Removed",
          until: null,
        });
        const text = `${name} of ${place.service} (${place.environment}) was removed`;
        const detail = { was: control.value };
        await noted(tx, at, by.name, "control.remove", { ...place, name }, text, detail);
        await told(tx, place);
      }),

    set: (by, place, name, wanted) =>
      records.transaction(async (tx) => {
        const control = await find(tx, place, name);
        const { definition } = control;
        checkValue(name, definition, wanted.value);
        if (wanted.revision !== undefined && wanted.revision !== control.revision) {
          throw new ControlError(
            "control_changed",
            `${control.changedBy} has set ${name} to ${inWords(control.value)} meanwhile: it is at revision ${control.revision}, your change was made on ${wanted.revision}. Look again, then repeat it.`,
          );
        }
        const lastsMs = wanted.lastsMs ?? null;
        const stays = control.expiry === null && lastsMs === null;
        if (control.value === wanted.value && stays) return { control, pending: null };
        const away = wanted.value !== definition.normal;
        if (definition.dangerous && away && wanted.confirm !== place.service) {
          throw new ControlError(
            "control_confirmation_missing",
            `${name} is dangerous: confirm it with the service's name, "${place.service}".`,
          );
        }
        const { twoPerson } = definition;
        if (twoPerson === "always" || (twoPerson === "away" && away)) {
          return { control, pending: await ask(tx, by, control, wanted, lastsMs) };
        }
        const made = {
          action: "control.set",
          actor: by.name,
          approvedBy: null,
          reason: wanted.reason,
        };
        const changed = await change(tx, control, made, { value: wanted.value, lastsMs });
        return { control: changed, pending: null };
      }),

    approve: (by, requestId) =>
      records.transaction(async (tx) => {
        if (!by.isPerson) {
          throw new ControlError(
            "control_person_required",
            "A token is no second person: somebody who is signed in has to approve.",
          );
        }
        const { request, control } = await waiting(tx, requestId);
        if (request.personId === by.personId) {
          throw new ControlError(
            "control_own_request",
            "Nobody approves their own change: another person has to.",
          );
        }
        checkValue(request.name, control.definition, request.value);
        return change(
          tx,
          control,
          {
            action: "control.approve",
            actor: request.actor,
            approvedBy: by.name,
            reason: request.reason,
          },
          { value: request.value, lastsMs: request.lastsMs },
        );
      }),

    reject: (by, requestId) =>
      records.transaction(async (tx) => {
        const { request } = await waiting(tx, requestId);
        await deleteControlRequest(tx, request.id);
        const own = request.personId === by.personId;
        const text = `${own ? "Withdrawn" : "Refused"}: ${inWordsOf(request)}`;
        const action = own ? "control.withdraw" : "control.reject";
        await noted(tx, clock.now(), by.name, action, request, text, requested(request));
        await told(tx, request);
      }),

    async history(page) {
      const found = await listControlChanges(records.db, { ...page, limit: page.limit + 1 });
      const changes = found.slice(0, page.limit);
      return {
        changes,
        next: found.length > page.limit ? (changes.at(-1)?.revision ?? null) : null,
      };
    },

    start() {
      feed.start();
      keeper.start();
    },
    settle: () => keeper.settle(),
    async stop() {
      await keeper.stop();
      await feed.stop();
    },
  };

  /** Asks for a change that needs a second person. */
  async function ask(
    tx: Tx,
    by: Operator,
    control: ControlRecord,
    wanted: WantedChange,
    lastsMs: number | null,
  ): Promise<ControlRequestRecord> {
    const { service, environment, name } = control;
    if (by.personId === null) {
      throw new ControlError(
        "control_person_required",
        `${name} needs two people, and it is not known whose token this is: sign in, or use a token that was made by somebody who is signed in.`,
      );
    }
    const at = clock.now();
    const [other] = await waitingFor(tx, control);
    if (other !== undefined && other.expiresAt.getTime() > at) {
      throw new ControlError(
        "control_request_waits",
        `A change of ${name} to ${inWords(other.value)}, asked for by ${other.actor}, waits already: approve it, or reject it first.`,
      );
    }
    if (other !== undefined) await deleteControlRequest(tx, other.id);
    const request = await addControlRequest(tx, {
      service,
      environment,
      name,
      value: wanted.value,
      reason: wanted.reason,
      lastsMs,
      actor: by.name,
      personId: by.personId,
      requestedAt: new Date(at),
      expiresAt: new Date(at + LIMITS.requestMs),
    });
    const text = `${inWordsOf(request)} waits for a second person. ${wanted.reason}`;
    await noted(tx, at, by.name, "control.request", request, text, requested(request));
    await told(tx, request);
    return request;
  }
}
