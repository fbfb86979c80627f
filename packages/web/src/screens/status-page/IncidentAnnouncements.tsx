import type { Incident } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { Ago } from "../../elements/Ago.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import onCall from "../on-call/OnCall.module.css";
import { AnnounceDialog } from "./AnnounceDialog.tsx";
import { statusPageQuery } from "./queries.ts";
import { UpdateDialog } from "./UpdateDialog.tsx";
import { inWords } from "./words.ts";

/** What visitors of the status page are told of an incident. */
export function IncidentAnnouncements({ incident }: { readonly incident: Incident }) {
  const { data: page } = useQuery(statusPageQuery);
  const canChange = useUser()?.role !== "viewer";
  const [isOpen, setOpen] = useState(false);
  if (page === undefined) return null;
  const post = page.posts.find(({ incidentId }) => incidentId === incident.id);
  const close = () => setOpen(false);
  // Who does not use the page is not reminded of it at each incident.
  if (post === undefined && page.components.length === 0) return null;
  return (
    <section aria-label="Status page" className={onCall.section}>
      <SectionHeading title="Status page">
        {canChange ? (
          <Button size="xs" variant="default" onClick={() => setOpen(true)}>
            {post === undefined ? "Tell visitors" : "Update visitors"}
          </Button>
        ) : null}
      </SectionHeading>
      <p className={onCall.fact}>
        {post === undefined ? (
          "Visitors are told nothing of this incident."
        ) : (
          <>
            {post.title}: {inWords(post.state)} <Ago at={post.updatedAt} />
          </>
        )}
      </p>
      {!isOpen ? null : post === undefined ? (
        <AnnounceDialog kind="incident" page={page} incident={incident} close={close} />
      ) : (
        <UpdateDialog post={post} close={close} />
      )}
    </section>
  );
}
