import type { Incident } from "@seaworthy/contract";
import { ActionIcon, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { EditDialog, MergeDialog, SplitDialog } from "./EditDialogs.tsx";

/** What is seldom done to an incident. */
export function MoreActions({ incident }: { readonly incident: Incident }) {
  const [shown, setShown] = useState<"edit" | "merge" | "split" | null>(null);
  const canAct = useUser()?.role !== "viewer";
  if (!canAct) return null;
  const close = () => setShown(null);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label="More actions">
            <IconDots size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setShown("edit")}>Edit title, severity, service…</Menu.Item>
          <Menu.Item disabled={incident.mergedInto !== null} onClick={() => setShown("merge")}>
            Merge into another…
          </Menu.Item>
          <Menu.Item disabled={incident.alerts.length < 2} onClick={() => setShown("split")}>
            Split off alerts…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {shown === "edit" ? <EditDialog incident={incident} close={close} /> : null}
      {shown === "merge" ? <MergeDialog incident={incident} close={close} /> : null}
      {shown === "split" ? <SplitDialog incident={incident} close={close} /> : null}
    </>
  );
}
