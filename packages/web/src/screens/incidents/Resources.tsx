import { addResource, removeResource, type Incident } from "@seaworthy/contract";
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { useIncidentCommand } from "./queries.ts";
import styles from "./Work.module.css";

/** Links that belong to the incident: the call, a document, a ticket. */
export function Resources({ incident }: { readonly incident: Incident }) {
  const canAct = useUser()?.role !== "viewer";
  const [isAdding, setAdding] = useState(false);
  const remove = useIncidentCommand(removeResource, "The link was not removed");
  const { resources, id } = incident;
  return (
    <section aria-label="Links" className={styles.section}>
      <SectionHeading title="Links">
        {canAct && !isAdding ? (
          <Button size="xs" variant="default" onClick={() => setAdding(true)}>
            Add a link
          </Button>
        ) : null}
      </SectionHeading>
      <ul className={styles.tasks}>
        {resources.map((each) => (
          <li key={each.id} className={styles.task}>
            <a href={each.url} className="link" target="_blank" rel="noreferrer">
              {each.title}
            </a>
            {canAct ? (
              <ActionIcon
                variant="subtle"
                size="sm"
                aria-label={`Remove the link ${each.title}`}
                onClick={() => remove.mutate({ params: { id, link: each.id } })}
              >
                <IconX size={14} aria-hidden />
              </ActionIcon>
            ) : null}
          </li>
        ))}
      </ul>
      {isAdding ? <NewLink incidentId={id} close={() => setAdding(false)} /> : null}
    </section>
  );
}

function NewLink({
  incidentId,
  close,
}: {
  readonly incidentId: string;
  readonly close: () => void;
}) {
  const [url, setUrl] = useState("");
  const [title, setTitle] = useState("");
  const add = useIncidentCommand(addResource, "The link was not added");
  return (
    <form
      className={styles.line}
      onSubmit={(event) => {
        event.preventDefault();
        const body = { url: url.trim(), title: title.trim() === "" ? url.trim() : title.trim() };
        add.mutate({ params: { id: incidentId }, body }, { onSuccess: close });
      }}
    >
      <TextInput
        type="url"
        aria-label="Address"
        placeholder="https://…"
        size="xs"
        required
        maxLength={2000}
        data-autofocus
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <TextInput
        aria-label="What it is"
        placeholder="What it is"
        size="xs"
        maxLength={200}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default" loading={add.isPending}>
        Add
      </Button>
      <Button size="xs" variant="subtle" onClick={close}>
        Cancel
      </Button>
    </form>
  );
}
