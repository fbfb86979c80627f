import type { SignalLinks } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconFileText, IconTimeline } from "@tabler/icons-react";
import { ScreenLink } from "./ScreenLink.tsx";

/** To the logs and the traces of the same thing and time. */
export function SignalButtons({ links }: { readonly links: SignalLinks }) {
  return (
    <>
      <Button
        component={ScreenLink}
        to={links.logs}
        keepRange={false}
        size="xs"
        variant="default"
        leftSection={<IconFileText size={15} stroke={1.7} aria-hidden />}
      >
        Its logs
      </Button>
      <Button
        component={ScreenLink}
        to={links.traces}
        keepRange={false}
        size="xs"
        variant="default"
        leftSection={<IconTimeline size={15} stroke={1.7} aria-hidden />}
      >
        Its traces
      </Button>
    </>
  );
}
