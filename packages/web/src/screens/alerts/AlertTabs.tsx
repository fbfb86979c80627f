import { Outlet } from "react-router";
import { Page } from "../../app/Page.tsx";
import { TabLinks } from "../../elements/TabLinks.tsx";
import { paths } from "../../app/paths.ts";

const tabs = [
  { label: "Active", path: paths.alerts() },
  { label: "Silences", path: paths.silences() },
  { label: "Rules", path: paths.rules() },
  { label: "Routing", path: paths.routing() },
  { label: "Receivers", path: paths.receivers() },
  { label: "Notifications", path: paths.notifications() },
  { label: "Noise", path: paths.noise() },
];

/** What fires, the rules behind it, and who was told. */
export function AlertTabs() {
  return (
    <Page title="Alerts">
      <TabLinks label="Alerts" tabs={tabs} />
      <Outlet />
    </Page>
  );
}
