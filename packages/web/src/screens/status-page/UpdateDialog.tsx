import type { PostState, StatusPost } from "@seaworthy/contract";
import { NativeSelect, Switch, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import onCall from "../on-call/OnCall.module.css";
import { FormError } from "../sign-in/FormError.tsx";
import { NamedComponents, namedList, type Named } from "./NamedComponents.tsx";
import { statusPageQuery, useUpdatePost } from "./queries.ts";
import { inWords, POST_STATES } from "./words.ts";

/** Says what is new about something that is announced. */
export function UpdateDialog({
  post,
  close,
}: {
  readonly post: StatusPost;
  readonly close: () => void;
}) {
  const { data: page } = useQuery(statusPageQuery);
  const states: readonly PostState[] =
    post.kind === "incident" && post.resolvedAt !== null
      ? [...POST_STATES.incident, "postmortem"]
      : POST_STATES[post.kind];
  const at = states.indexOf(post.state);
  const [state, setState] = useState<PostState>(states[at + 1] ?? post.state);
  const [body, setBody] = useState("");
  const [named, setNamed] = useState<Named>(
    Object.fromEntries(post.components.map((one) => [one.id, one.state])),
  );
  const [tell, setTell] = useState(true);
  const update = useUpdatePost();
  return (
    <Dialog title={`Update ${post.title}`} close={close}>
      <form
        className={onCall.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate(
            {
              params: { id: post.id },
              body: { state, body: body.trim(), components: namedList(named), tell },
            },
            { onSuccess: close },
          );
        }}
      >
        {update.error === null ? null : <FormError error={update.error} />}
        <NativeSelect
          label="State"
          data-autofocus
          data={states.map((value) => ({ value, label: inWords(value) }))}
          value={state}
          onChange={(event) => setState(event.currentTarget.value as PostState)}
        />
        <Textarea
          label="What you say"
          description="Markdown; where you say nothing, it is what stands here in grey"
          placeholder={page?.templates[state]?.replaceAll("{title}", () => post.title) ?? ""}
          autosize
          minRows={3}
          maxLength={20_000}
          value={body}
          onChange={(event) => setBody(event.currentTarget.value)}
        />
        <NamedComponents components={page?.components ?? []} named={named} change={setNamed} />
        <Switch
          label="Tell subscribers"
          checked={tell}
          onChange={(event) => setTell(event.currentTarget.checked)}
        />
        <FormEnd close={close} loading={update.isPending}>
          Send the update
        </FormEnd>
      </form>
    </Dialog>
  );
}
