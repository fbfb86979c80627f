import type { PostMortem } from "@seaworthy/contract";
import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { useNow } from "../../time/use-now.ts";
import { count } from "../../values/quantity.ts";
import { dueInWords } from "./due-in-words.ts";
import styles from "./PostMortems.module.css";
import { useAddAction, useChangeAction, useRemoveAction } from "./queries.ts";

interface ActionsProps {
  readonly postMortem: PostMortem;
  readonly canWrite: boolean;
}

/** What is to be done so that it does not happen again, by whom and until when. */
export function Actions({ postMortem, canWrite }: ActionsProps) {
  const params = { id: String(postMortem.number) };
  const now = useNow(60_000);
  const change = useChangeAction();
  const remove = useRemoveAction();
  const open = postMortem.actions.filter(({ doneAt }) => doneAt === null).length;
  return (
    <section aria-label="Actions" className={styles.actions}>
      <SectionHeading
        title="Actions"
        note={
          postMortem.actions.length === 0
            ? "none yet"
            : `${open} of ${count(postMortem.actions.length, "action")} open`
        }
      />
      <ul className={styles.list}>
        {postMortem.actions.map((action) => (
          <li
            key={action.id}
            className={styles.action}
            data-done={action.doneAt !== null || undefined}
          >
            <input
              type="checkbox"
              className={styles.box}
              aria-label={action.text}
              disabled={!canWrite}
              checked={action.doneAt !== null}
              onChange={(event) =>
                change.mutate({
                  params: { ...params, action: action.id },
                  body: {
                    text: action.text,
                    owner: action.owner,
                    dueOn: action.dueOn,
                    done: event.currentTarget.checked,
                  },
                })
              }
            />
            <span className={styles.what}>{action.text}</span>
            <span className={styles.who}>
              {action.owner ?? "nobody yet"} · {dueInWords(action, now)}
            </span>
            {canWrite ? (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove ${action.text}`}
                onClick={() => remove.mutate({ params: { ...params, action: action.id } })}
              >
                <IconTrash size={15} stroke={1.7} aria-hidden />
              </ActionIcon>
            ) : null}
          </li>
        ))}
      </ul>
      {canWrite ? <NewAction id={params.id} /> : null}
    </section>
  );
}

const nothing = { text: "", owner: "", dueOn: "" };

function NewAction({ id }: { readonly id: string }) {
  const add = useAddAction();
  const [draft, setDraft] = useState(nothing);
  return (
    <form
      className={styles.new}
      onSubmit={(event) => {
        event.preventDefault();
        const text = draft.text.trim();
        if (text === "") return;
        add.mutate(
          {
            params: { id },
            body: {
              text,
              owner: draft.owner.trim() === "" ? null : draft.owner.trim(),
              dueOn: draft.dueOn === "" ? null : draft.dueOn,
            },
          },
          { onSuccess: () => setDraft(nothing) },
        );
      }}
    >
      <TextInput
        label="Action"
        maxLength={1000}
        value={draft.text}
        onChange={(event) => setDraft({ ...draft, text: event.currentTarget.value })}
      />
      <TextInput
        label="Owner"
        maxLength={200}
        value={draft.owner}
        onChange={(event) => setDraft({ ...draft, owner: event.currentTarget.value })}
      />
      <TextInput
        label="Due"
        type="date"
        value={draft.dueOn}
        onChange={(event) => setDraft({ ...draft, dueOn: event.currentTarget.value })}
      />
      <Button type="submit" variant="default" loading={add.isPending}>
        Add
      </Button>
    </form>
  );
}
