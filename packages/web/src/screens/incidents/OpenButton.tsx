import { Button } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { OpenDialog } from "./OpenDialog.tsx";

/** Opens an incident by hand. */
export function OpenButton() {
  const [isOpen, setOpen] = useState(false);
  const canAct = useUser()?.role !== "viewer";
  if (!canAct) return null;
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Open an incident
      </Button>
      {isOpen ? <OpenDialog close={() => setOpen(false)} /> : null}
    </>
  );
}
