import { randomUUID } from "node:crypto";
import type { Announce, Clock, EscalationPolicy } from "../../model/index.ts";
import {
  deletePolicy,
  listPolicies,
  listSchedules,
  listUsers,
  savePolicy,
  writeAudit,
} from "../../store/index.ts";
import type { PolicyRecord, Records, Tx } from "../../store/index.ts";
import { PagingError } from "./errors.ts";

/** What a person makes of a policy; its form has been checked. */
export type PolicyDraft = Omit<EscalationPolicy, "id">;

/** Escalation policies: who is paged about which incidents. Every change is audited. */
export interface Policies {
  list(): Promise<readonly PolicyRecord[]>;
  /** Throws `policy_invalid`, `policy_name_taken`. */
  create(actor: string, draft: PolicyDraft): Promise<PolicyRecord>;
  /** Throws `policy_changed` too, when `version` is not the one that is stored. */
  replace(actor: string, id: string, version: number, draft: PolicyDraft): Promise<PolicyRecord>;
  remove(actor: string, id: string): Promise<void>;
}

/** Makes the service of escalation policies. */
export function createPolicies(deps: {
  readonly records: Records;
  readonly clock: Clock;
  readonly announce: Announce;
}): Policies {
  const { records, clock } = deps;

  async function check(draft: PolicyDraft): Promise<void> {
    const schedules = new Set((await listSchedules(records.db)).map(({ id }) => id));
    const people = new Set((await listUsers(records.db)).map(({ id }) => id));
    const faults = draft.steps.flatMap(({ targets }, step) =>
      targets.flatMap((target, place) => {
        if (target.kind === "everyone") return [];
        const known = target.kind === "schedule" ? schedules : people;
        return known.has(target.id)
          ? []
          : [`steps[${step}].targets[${place}]: there is no ${target.kind} ${target.id}`];
      }),
    );
    if (faults.length > 0) throw new PagingError("policy_invalid", `${faults.join("; ")}.`);
  }

  async function save(actor: string, action: string, policy: PolicyRecord): Promise<PolicyRecord> {
    await check(policy);
    await records.transaction(async (tx) => {
      if (!(await savePolicy(tx, policy))) throw await refusal(tx, policy);
      await audited(tx, actor, action, policy);
    });
    return policy;
  }

  async function audited(
    tx: Tx,
    actor: string,
    action: string,
    { id, name }: { readonly id: string; readonly name: string },
  ): Promise<void> {
    await writeAudit(tx, { at: clock.now(), actor, action, subject: id, detail: { name } });
    records.afterCommit(tx, () => deps.announce({ topic: "on-call", id }));
  }

  /** Why a policy could not be written. */
  async function refusal(tx: Tx, policy: PolicyRecord): Promise<PagingError> {
    const all = await listPolicies(tx);
    const lower = policy.name.toLowerCase();
    if (all.some(({ id, name }) => id !== policy.id && name.toLowerCase() === lower)) {
      return new PagingError("policy_name_taken", `There is a policy "${policy.name}" already.`);
    }
    const stored = all.find(({ id }) => id === policy.id);
    if (stored === undefined) return unknown(policy.id);
    return new PagingError(
      "policy_changed",
      `Somebody has changed the policy meanwhile: it is at version ${stored.version}, your change was made on ${policy.version - 1}. Load it again and repeat your change.`,
    );
  }

  const unknown = (id: string) => new PagingError("policy_not_found", `There is no policy ${id}.`);

  return {
    list: () => listPolicies(records.db),
    create: (actor, draft) =>
      save(actor, "escalation-policy.create", {
        ...draft,
        id: randomUUID(),
        version: 1,
        updatedAt: new Date(clock.now()),
      }),
    replace: (actor, id, version, draft) =>
      save(actor, "escalation-policy.update", {
        ...draft,
        id,
        version: version + 1,
        updatedAt: new Date(clock.now()),
      }),
    remove: (actor, id) =>
      records.transaction(async (tx) => {
        const name = (await listPolicies(tx)).find((policy) => policy.id === id)?.name ?? "";
        if (!(await deletePolicy(tx, id))) throw unknown(id);
        await audited(tx, actor, "escalation-policy.delete", { id, name });
      }),
  };
}
