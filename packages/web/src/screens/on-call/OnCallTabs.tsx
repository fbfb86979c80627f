import { Outlet } from "react-router";
import { useUser } from "../../api/session.ts";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { TabLinks } from "../../elements/TabLinks.tsx";

const forAll = [
  { label: "Schedules", path: paths.onCall() },
  { label: "Escalation", path: paths.policies() },
  { label: "How you are paged", path: paths.ways() },
  { label: "Load", path: paths.load() },
];
const forAdmins = [...forAll, { label: "People", path: paths.people() }];

/** Who is on call, who is paged about what, and by which means. */
export function OnCallTabs() {
  const isAdmin = useUser()?.role === "admin";
  return (
    <Page title="On-call">
      <TabLinks label="On-call" tabs={isAdmin ? forAdmins : forAll} />
      <Outlet />
    </Page>
  );
}
