import {
  addContactMethod,
  createPolicy,
  deletePolicy,
  getIncidentPaging,
  getPushKey,
  listContactMethods,
  listPolicies,
  removeContactMethod,
  replacePolicy,
  testContactMethod,
} from "@seaworthy/contract";
import type { ContactMethod, EscalationPolicy, PolicyDraft } from "@seaworthy/contract";
import type { FastifyRequest } from "fastify";
import { personOf } from "../../access/index.ts";
import { readSubscription } from "../../respond/index.ts";
import type { ContactBook, Incidents, Paging, Policies } from "../../respond/index.ts";
import { actorOfRequest, principalOf } from "../request.ts";
import type { Serve } from "./serve.ts";

type PolicyRecord = Awaited<ReturnType<Policies["list"]>>[number];
type ContactRecord = Awaited<ReturnType<ContactBook["list"]>>[number];

const policyView = (policy: PolicyRecord): EscalationPolicy => ({
  id: policy.id,
  name: policy.name,
  services: [...policy.services],
  severities: [...policy.severities],
  steps: policy.steps.map(({ targets, mode, wait }) => ({
    targets: [...targets],
    mode,
    waitSeconds: wait / 1000,
  })),
  repeats: policy.repeats,
  everyoneInTheEnd: policy.everyoneInTheEnd,
  version: policy.version,
  updatedAt: policy.updatedAt.toISOString(),
});

const draftOf = ({ steps, ...rest }: PolicyDraft) => ({
  ...rest,
  steps: steps.map(({ targets, mode, waitSeconds }) => ({
    targets,
    mode,
    wait: waitSeconds * 1000,
  })),
});

const contactView = (contact: ContactRecord): ContactMethod => ({
  id: contact.id,
  kind: contact.kind,
  address: shownAddress(contact),
  name: contact.name,
  severities: [...contact.severities],
  quiet: contact.quiet,
  endedAt: contact.endedAt?.toISOString() ?? null,
});

/** Of a browser its endpoint, by which it knows itself; its keys are asked for by nobody. */
function shownAddress({ kind, address }: ContactRecord): string {
  if (kind !== "push") return address;
  const read = readSubscription(address);
  return "subscription" in read ? read.subscription.endpoint : "";
}

/** Everybody keeps their own ways of being reached; a token is nobody who could be reached. */
function selfOf(request: FastifyRequest) {
  const { userId, email } = personOf(principalOf(request));
  return { personId: userId, actor: email };
}

/** Who is paged, by what, and what has come of it. */
export function servePaging(
  serve: Serve,
  {
    incidents,
    paging,
    policies,
    contacts,
  }: {
    readonly incidents: Incidents;
    readonly paging: Paging;
    readonly policies: Policies;
    readonly contacts: ContactBook;
  },
): void {
  serve(listPolicies, async () => ({ policies: (await policies.list()).map(policyView) }));
  serve(createPolicy, async ({ body, request }) =>
    policyView(await policies.create(actorOfRequest(request), draftOf(body))),
  );
  serve(replacePolicy, async ({ params, body: { version, ...draft }, request }) =>
    policyView(await policies.replace(actorOfRequest(request), params.id, version, draftOf(draft))),
  );
  serve(deletePolicy, async ({ params, request }) => {
    await policies.remove(actorOfRequest(request), params.id);
    return {};
  });

  serve(listContactMethods, async ({ request }) => ({
    methods: (await contacts.list(selfOf(request).personId)).map(contactView),
  }));
  serve(addContactMethod, async ({ body, request }) =>
    contactView(await contacts.add(selfOf(request), body)),
  );
  serve(getPushKey, async () => ({ publicKey: await paging.pushKey() }));
  serve(removeContactMethod, async ({ params, request }) => {
    await contacts.remove(selfOf(request), params.id);
    return {};
  });
  serve(testContactMethod, async ({ params, request }) => ({
    error: await contacts.test(selfOf(request), params.id),
  }));

  serve(getIncidentPaging, async ({ params }) => {
    const { incident } = await incidents.get(params.id);
    const view = await paging.of(incident.id);
    if (view === undefined) return { paging: null };
    return {
      paging: {
        policy: view.policy,
        state: view.state,
        nextAt: view.next?.at.toISOString() ?? null,
        next: view.next?.step ?? null,
        pages: view.pages.map((page) => ({
          id: page.id,
          person: page.personName,
          kind: page.kind,
          step: page.stepName,
          state: page.state,
          createdAt: page.createdAt.toISOString(),
          sentAt: page.sentAt?.toISOString() ?? null,
          error: page.error,
        })),
      },
    };
  });
}
