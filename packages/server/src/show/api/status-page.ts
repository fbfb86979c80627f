import {
  createStatusComponent,
  createStatusPost,
  deleteStatusComponent,
  deleteStatusPost,
  endStatusOverride,
  getStatusNotices,
  getStatusPage,
  overrideStatusComponent,
  replaceStatusComponent,
  saveStatusLogo,
  saveStatusPage,
  updateStatusPost,
} from "@seaworthy/contract";
import type {
  ComponentDraft,
  StatusComponent,
  StatusPage as StatusPageView,
  StatusPost,
} from "@seaworthy/contract";
import { hashPassword } from "../../access/index.ts";
import { hashSecret, newSecret } from "../../model/index.ts";
import type { ComponentSource } from "../../model/index.ts";
import { indicatorOf, UPDATE_TEMPLATES } from "../../respond/index.ts";
import type { ShownComponent, ShownPost, StatusPage } from "../../respond/index.ts";
import { actorOfRequest } from "../request.ts";
import type { Serve } from "./serve.ts";

const instant = (at: number) => new Date(at).toISOString();
const maybe = (at: number | null) => (at === null ? null : instant(at));

const sourceView = (source: ComponentSource): StatusComponent["source"] => {
  if (source.kind === "manual") return { kind: "manual" };
  if (source.kind === "alerts") return { kind: "alerts", matchers: [...source.matchers] };
  const { metric, matchers, failAfter } = source;
  return { kind: "probe", metric, matchers: [...matchers], failAfterSeconds: failAfter / 1000 };
};

const sourceOf = (source: ComponentDraft["source"]): ComponentSource => {
  if (source.kind !== "probe") return source;
  const { kind, metric, matchers, failAfterSeconds } = source;
  return { kind, metric, matchers, failAfter: failAfterSeconds * 1000 };
};

const componentView = (component: ShownComponent): StatusComponent => ({
  id: component.id,
  name: component.name,
  description: component.description,
  group: component.group,
  position: component.position,
  source: sourceView(component.source),
  dependsOn: [...component.dependsOn],
  showUptime: component.showUptime,
  state: component.state,
  note: component.note,
  since: instant(component.stateSince),
  found: component.autoState,
  override: component.override && {
    ...component.override,
    since: instant(component.override.since),
    until: maybe(component.override.until),
  },
  uptime: component.uptime.ratio,
  knownDays: component.uptime.knownDays,
  version: component.version,
});

const postView = (post: ShownPost): StatusPost => ({
  id: post.id,
  kind: post.kind,
  title: post.title,
  impact: post.impact,
  state: post.state,
  incidentId: post.incidentId,
  components: post.components.map(({ id, state }) => ({ id, state })),
  startsAt: maybe(post.startsAt),
  endsAt: maybe(post.endsAt),
  resolvedAt: maybe(post.resolvedAt),
  createdAt: instant(post.createdAt),
  updatedAt: instant(post.updatedAt),
  updates: post.updates.map(({ id, state, body, at, createdBy }) => ({
    id,
    state,
    body,
    at: instant(at),
    by: createdBy,
  })),
});

/** The status page as people keep it. */
export function serveStatusPage(serve: Serve, page: StatusPage, url: string): void {
  async function view(): Promise<StatusPageView> {
    const world = await page.read();
    const { settings, access, logo, version } = world.page;
    return {
      settings,
      access: access.kind,
      hasLogo: logo !== null,
      url,
      ...indicatorOf(world.components.map(({ state }) => state)),
      components: world.components.map(componentView),
      posts: world.posts.map(postView),
      subscribers: [...(await page.subscriptions.count())],
      hasMail: page.hasMail,
      templates: UPDATE_TEMPLATES,
      version,
    };
  }

  async function component(id: string): Promise<StatusComponent> {
    const { components } = await view();
    const found = components.find((one) => one.id === id);
    if (found === undefined) throw new Error(`the component ${id} vanished while it was changed`);
    return found;
  }

  async function post(id: string): Promise<StatusPost> {
    const { posts } = await view();
    const found = posts.find((one) => one.id === id);
    if (found === undefined) throw new Error(`what was announced as ${id} vanished`);
    return found;
  }

  const draftOf = ({ source, ...rest }: ComponentDraft) => ({ ...rest, source: sourceOf(source) });

  serve(getStatusPage, view);
  serve(saveStatusPage, async ({ body: { version, settings, access }, request }) => {
    const token = access?.kind === "token" ? newSecret() : null;
    await page.saveSettings(actorOfRequest(request), version, {
      ...(settings === undefined ? {} : { settings }),
      ...(access?.kind === "public" ? { access } : {}),
      ...(access?.kind === "password"
        ? { access: { kind: "password" as const, hash: await hashPassword(access.password) } }
        : {}),
      ...(token === null
        ? {}
        : {
            access: { kind: "token" as const, hash: hashSecret(token).toString("base64url") },
          }),
    });
    return { page: await view(), token };
  });
  serve(saveStatusLogo, async ({ body: { base64 }, request }) => {
    const bytes = base64 === null ? null : Buffer.from(base64, "base64");
    await page.saveLogo(actorOfRequest(request), bytes);
    return view();
  });

  serve(createStatusComponent, async ({ body, request }) =>
    component(await page.createComponent(actorOfRequest(request), draftOf(body))),
  );
  serve(replaceStatusComponent, async ({ params, body: { version, ...draft }, request }) => {
    await page.replaceComponent(actorOfRequest(request), params.id, version, draftOf(draft));
    return component(params.id);
  });
  serve(deleteStatusComponent, async ({ params, request }) => {
    await page.removeComponent(actorOfRequest(request), params.id);
    return {};
  });
  serve(overrideStatusComponent, async ({ params, body: { until, ...rest }, request }) => {
    const end = until === null ? null : Date.parse(until);
    await page.override(actorOfRequest(request), params.id, { ...rest, until: end });
    return component(params.id);
  });
  serve(endStatusOverride, async ({ params, request }) => {
    await page.override(actorOfRequest(request), params.id, null);
    return component(params.id);
  });

  serve(createStatusPost, async ({ body: { startsAt, endsAt, ...rest }, request }) =>
    post(
      await page.announce(actorOfRequest(request), {
        ...rest,
        startsAt: startsAt === null ? null : Date.parse(startsAt),
        endsAt: endsAt === null ? null : Date.parse(endsAt),
      }),
    ),
  );
  serve(updateStatusPost, async ({ params, body, request }) => {
    await page.update(actorOfRequest(request), params.id, body);
    return post(params.id);
  });
  serve(deleteStatusPost, async ({ params, request }) => {
    await page.removePost(actorOfRequest(request), params.id);
    return {};
  });
  serve(getStatusNotices, ({ params }) => page.notices(params.id));
}
