import { getSavedRules, saveRule } from "@seaworthy/contract";
import { Button, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/call.ts";
import { useUser } from "../../api/session.ts";
import { tell } from "../../app/notices.ts";
import { FormError } from "../sign-in/FormError.tsx";
import type { RuleDraft } from "./rule-draft.ts";
import styles from "./Rules.module.css";

const savedQuery = queryOptions({
  queryKey: ["rules", "saved"],
  queryFn: ({ signal }) => call(getSavedRules, {}, signal),
});

interface SaveRuleProps {
  readonly draft: RuleDraft;
  readonly group: string;
  /** The file that the rule is in; null for a new one. */
  readonly file: string | null;
}

/** Saves a rule in the file that is set for it: for admins, and for rules that may stand there. */
export function SaveRule({ draft, group, file }: SaveRuleProps) {
  const { data } = useQuery(savedQuery);
  const isAdmin = useUser()?.role === "admin";
  const [name, setName] = useState(group);
  const client = useQueryClient();
  const saved = data?.saved ?? null;
  const save = useMutation({
    mutationFn: (version: string) =>
      call(saveRule, {
        body: {
          group: name.trim(),
          version,
          rule: {
            type: draft.type,
            name: draft.name,
            expression: draft.expression.trim(),
            for: draft.hold.trim(),
            keepFiringFor: draft.keep.trim(),
            labels: filled(draft.labels),
            annotations: filled(draft.annotations),
          },
        },
      }),
    onSuccess: (answer) => {
      tell("done", `${draft.name} is saved and runs from now on`);
      client.setQueryData(savedQuery.queryKey, { saved: answer });
      return client.invalidateQueries({ queryKey: ["rules"] });
    },
    // The text may have changed meanwhile: the next attempt is made on the present one.
    onError: () => client.invalidateQueries({ queryKey: savedQuery.queryKey }),
  });
  if (!isAdmin || saved === null || draft.language === "logql") return null;
  if (file !== null && file !== saved.file) return null;
  return (
    <form
      className={styles.save}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(saved.version);
      }}
    >
      {file === null ? (
        <TextInput
          size="xs"
          label="In the group"
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      ) : null}
      <Button
        type="submit"
        size="xs"
        loading={save.isPending}
        disabled={draft.name === "" || name.trim() === ""}
      >
        Save in {saved.file.split("/").at(-1)}
      </Button>
      {save.error === null ? null : <FormError error={save.error} />}
    </form>
  );
}

const filled = (pairs: RuleDraft["labels"]) =>
  Object.fromEntries(pairs.filter(([name, value]) => name !== "" && value !== ""));
