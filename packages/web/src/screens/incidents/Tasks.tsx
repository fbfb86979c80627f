import { addTask, editTask, type Incident } from "@seaworthy/contract";
import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { personName } from "./owner.ts";
import { useIncidentCommand } from "./queries.ts";
import styles from "./Work.module.css";

/** What has to be done, by whom, and what is done. */
export function Tasks({ incident }: { readonly incident: Incident }) {
  const me = useUser();
  const canAct = me !== null && me.role !== "viewer";
  const edit = useIncidentCommand(editTask, "The task was not changed");
  const { tasks, id } = incident;
  const open = tasks.filter((task) => task.doneAt === null).length;
  return (
    <section aria-label="Tasks" className={styles.section}>
      <SectionHeading
        title="Tasks"
        {...(tasks.length === 0 ? {} : { note: `${open} of ${tasks.length} to do` })}
      />
      <ul className={styles.tasks}>
        {tasks.map((task) => (
          <li key={task.id} className={styles.task} data-done={task.doneAt !== null || undefined}>
            <label className={styles.tick}>
              <input
                type="checkbox"
                checked={task.doneAt !== null}
                disabled={!canAct || edit.isPending}
                onChange={(event) =>
                  edit.mutate({
                    params: { id, task: task.id },
                    body: { done: event.currentTarget.checked },
                  })
                }
              />
              <span>{task.text}</span>
            </label>
            {task.doneBy === null && task.owner === null && canAct ? (
              <Button
                size="compact-xs"
                variant="default"
                disabled={edit.isPending}
                onClick={() =>
                  edit.mutate({ params: { id, task: task.id }, body: { owner: me.id } })
                }
              >
                Take it
              </Button>
            ) : (
              <span className={styles.muted}>
                {task.doneBy === null ? task.owner?.name : `done by ${personName(task.doneBy)}`}
              </span>
            )}
          </li>
        ))}
      </ul>
      {canAct ? <NewTask incidentId={id} /> : null}
    </section>
  );
}

function NewTask({ incidentId }: { readonly incidentId: string }) {
  const [text, setText] = useState("");
  const add = useIncidentCommand(addTask, "The task was not added");
  return (
    <form
      className={styles.line}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === "" || add.isPending) return;
        add.mutate(
          { params: { id: incidentId }, body: { text: text.trim() } },
          { onSuccess: () => setText("") },
        );
      }}
    >
      <TextInput
        aria-label="New task"
        placeholder="What has to be done?"
        size="xs"
        maxLength={500}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Button
        type="submit"
        size="xs"
        variant="default"
        loading={add.isPending}
        disabled={text.trim() === ""}
      >
        Add task
      </Button>
    </form>
  );
}
