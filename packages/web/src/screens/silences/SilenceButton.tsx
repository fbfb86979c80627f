import { Button } from "@mantine/core";
import { IconBellOff } from "@tabler/icons-react";
import { useState } from "react";
import { matchersOf } from "./matchers.ts";
import { SilenceForm } from "./SilenceForm.tsx";

interface SilenceButtonProps {
  /** Of the alert that is to be silent. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Silences an alert: a form that is filled in already, so that a second click does it. */
export function SilenceButton({ labels }: SilenceButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconBellOff size={15} stroke={1.7} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        Silence
      </Button>
      {isOpen ? (
        <SilenceForm
          matchers={matchersOf(labels)}
          reason="Known, and being worked on"
          close={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
