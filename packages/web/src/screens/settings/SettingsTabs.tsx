import { Outlet } from "react-router";
import { useUser } from "../../api/session.ts";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { TabLinks } from "../../elements/TabLinks.tsx";

const forAll = [
  { label: "Account", path: paths.settings() },
  { label: "Chat", path: paths.chats() },
];
const forAdmins = [
  ...forAll,
  { label: "Tokens", path: paths.tokens() },
  { label: "Audit log", path: paths.audit() },
];

/** One's own account and the chats; for administrators also tokens and who changed what. */
export function SettingsTabs() {
  const isAdmin = useUser()?.role === "admin";
  return (
    <Page title="Settings">
      <TabLinks label="Settings" tabs={isAdmin ? forAdmins : forAll} />
      <Outlet />
    </Page>
  );
}
