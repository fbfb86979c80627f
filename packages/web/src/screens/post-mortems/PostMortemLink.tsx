import type { Incident } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconFileText } from "@tabler/icons-react";
import { paths } from "../../app/paths.ts";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import styles from "./PostMortems.module.css";

/** The way to the post-mortem, once an incident has ended. */
export function PostMortemLink({ incident }: { readonly incident: Incident }) {
  if (incident.resolvedAt === null) return null;
  return (
    <p className={styles.link}>
      <Button
        component={ScreenLink}
        to={paths.postMortem(incident.number)}
        keepRange={false}
        variant="default"
        leftSection={<IconFileText size={16} stroke={1.7} aria-hidden />}
      >
        Post-mortem
      </Button>
      <ScreenLink to={paths.postMortems()} keepRange={false} className="link">
        All post-mortems and actions
      </ScreenLink>
    </p>
  );
}
