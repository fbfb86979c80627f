import { redirect, type LoaderFunctionArgs, type RouteObject } from "react-router";
import { queryClient } from "../api/query-client.ts";
import { sessionQuery } from "../api/session.ts";
import { FirstPaint } from "./FirstPaint.tsx";
import { Frame } from "./Frame.tsx";
import { NotFound } from "./NotFound.tsx";
import { paths } from "./paths.ts";
import { PageError, RouteError } from "./RouteError.tsx";
import type { ScreenHandle } from "./screen-handle.ts";

async function requireUser({ request }: LoaderFunctionArgs): Promise<null> {
  const { user } = await queryClient.ensureQueryData(sessionQuery);
  const { pathname, search } = new URL(request.url);
  if (user === null) throw redirect(paths.signIn(pathname + search));
  return null;
}

const shared: ScreenHandle = { range: "shared" };
const own = (name: string): ScreenHandle => ({ range: { own: name } });

/** All screens. Each loads its own code, and starts asking for its data before it is drawn. */
export const routes: RouteObject[] = [
  {
    path: "/sign-in",
    lazy: () => import("../screens/sign-in/route.tsx"),
    HydrateFallback: FirstPaint,
    ErrorBoundary: PageError,
  },
  {
    path: "/",
    loader: requireUser,
    // Changing a filter does not ask again who is signed in.
    shouldRevalidate: () => false,
    Component: Frame,
    HydrateFallback: FirstPaint,
    ErrorBoundary: PageError,
    children: [
      {
        ErrorBoundary: RouteError,
        children: [
          { index: true, lazy: () => import("../screens/overview/route.tsx") },
          { path: "incidents", lazy: () => import("../screens/incidents/list-route.tsx") },
          {
            path: "incidents/figures",
            lazy: () => import("../screens/incidents/figures-route.tsx"),
          },
          {
            path: "incidents/:number",
            handle: own("Around the incident"),
            lazy: () => import("../screens/incidents/page-route.tsx"),
          },
          {
            path: "alerts",
            lazy: () => import("../screens/alerts/tabs-route.tsx"),
            children: [
              {
                index: true,
                handle: shared,
                lazy: () => import("../screens/alerts/alerts-route.tsx"),
              },
              { path: "silences", lazy: () => import("../screens/silences/route.tsx") },
              { path: "rules", lazy: () => import("../screens/alerts/rules-route.tsx") },
              { path: "routing", lazy: () => import("../screens/routing/route.tsx") },
              { path: "noise", lazy: () => import("../screens/noise/route.tsx") },
              { path: "receivers", lazy: () => import("../screens/receivers/route.tsx") },
              {
                path: "notifications",
                lazy: () => import("../screens/alerts/notifications-route.tsx"),
              },
            ],
          },
          {
            path: "alerts/:fingerprint",
            handle: own("Around the alert"),
            lazy: () => import("../screens/alerts/alert-route.tsx"),
          },
          {
            path: "alerts/rules/new",
            handle: own("As it is tried"),
            lazy: () => import("../screens/rules/new-rule-route.tsx"),
          },
          {
            path: "alerts/rules/:group/:rule",
            handle: own("As it is tried"),
            lazy: () => import("../screens/rules/rule-route.tsx"),
          },
          { path: "explore", loader: () => redirect(paths.explore()) },
          {
            path: "explore/metrics",
            handle: shared,
            lazy: () => import("../screens/explore/route.tsx"),
          },
          {
            path: "explore/metrics/series",
            lazy: () => import("../screens/cardinality/route.tsx"),
          },
          {
            path: "explore/logs",
            handle: shared,
            lazy: () => import("../screens/logs/route.tsx"),
          },
          {
            path: "explore/traces",
            handle: shared,
            lazy: () => import("../screens/traces/search-route.tsx"),
          },
          {
            path: "explore/traces/operations",
            handle: shared,
            lazy: () => import("../screens/traces/operations-route.tsx"),
          },
          {
            path: "explore/traces/services",
            handle: shared,
            lazy: () => import("../screens/traces/map-route.tsx"),
          },
          {
            path: "explore/traces/slow",
            handle: shared,
            lazy: () => import("../screens/traces/slow-route.tsx"),
          },
          {
            path: "explore/traces/:traceId",
            lazy: () => import("../screens/traces/trace-route.tsx"),
          },
          {
            path: "on-call",
            lazy: () => import("../screens/on-call/tabs-route.tsx"),
            children: [
              { index: true, lazy: () => import("../screens/on-call/schedules-route.tsx") },
              { path: "escalation", lazy: () => import("../screens/on-call/policies-route.tsx") },
              { path: "me", lazy: () => import("../screens/on-call/ways-route.tsx") },
              { path: "people", lazy: () => import("../screens/on-call/people-route.tsx") },
              { path: "load", lazy: () => import("../screens/on-call/load-route.tsx") },
            ],
          },
          {
            path: "on-call/schedules/:id",
            lazy: () => import("../screens/on-call/schedule-route.tsx"),
          },
          {
            path: "on-call/schedules/:id/handover",
            lazy: () => import("../screens/on-call/handover-route.tsx"),
          },
          {
            path: "on-call/escalation/:id",
            lazy: () => import("../screens/on-call/policy-route.tsx"),
          },
          {
            path: "incidents/:number/post-mortem",
            lazy: () => import("../screens/post-mortems/page-route.tsx"),
          },
          { path: "post-mortems", lazy: () => import("../screens/post-mortems/list-route.tsx") },
          { path: "runbooks", lazy: () => import("../screens/runbooks/list-route.tsx") },
          {
            path: "runbooks/:name",
            handle: shared,
            lazy: () => import("../screens/runbooks/page-route.tsx"),
          },
          {
            path: "status-page",
            lazy: () => import("../screens/status-page/tabs-route.tsx"),
            children: [
              { index: true, lazy: () => import("../screens/status-page/components-route.tsx") },
              {
                path: "announcements",
                lazy: () => import("../screens/status-page/announcements-route.tsx"),
              },
              {
                path: "appearance",
                lazy: () => import("../screens/status-page/appearance-route.tsx"),
              },
            ],
          },
          {
            path: "status-page/components/:id",
            lazy: () => import("../screens/status-page/component-route.tsx"),
          },
          { path: "controls", lazy: () => import("../screens/controls/route.tsx") },
          { path: "targets", lazy: () => import("../screens/targets/route.tsx") },
          {
            path: "settings",
            lazy: () => import("../screens/settings/tabs-route.tsx"),
            children: [
              { index: true, lazy: () => import("../screens/settings/account-route.tsx") },
              { path: "tokens", lazy: () => import("../screens/settings/tokens-route.tsx") },
              { path: "chat", lazy: () => import("../screens/settings/chats-route.tsx") },
              { path: "audit", lazy: () => import("../screens/settings/audit-route.tsx") },
            ],
          },
          { path: "*", Component: NotFound },
        ],
      },
    ],
  },
];
