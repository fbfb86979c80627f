import type { PostState, StatusImpact, StatusPage } from "@seaworthy/contract";
import { NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { SpanFields, spanOf } from "../../time/SpanFields.tsx";
import { instantToMinute } from "../../time/time-field.ts";
import onCall from "../on-call/OnCall.module.css";
import { FormError } from "../sign-in/FormError.tsx";
import { NamedComponents, namedList, type Named } from "./NamedComponents.tsx";
import { useAnnounce } from "./queries.ts";
import { inWords, POST_STATES } from "./words.ts";

const HOUR = 3_600_000;

/** Tells visitors of an incident, or of maintenance that is planned. */
export function AnnounceDialog({
  kind,
  page,
  incident,
  close,
}: {
  readonly kind: "incident" | "maintenance";
  readonly page: StatusPage;
  /** The incident inside that it tells of. */
  readonly incident?: { readonly id: string; readonly title: string };
  readonly close: () => void;
}) {
  const [opened] = useState(() => Math.ceil(Date.now() / HOUR) * HOUR);
  const states: readonly PostState[] = POST_STATES[kind];
  const [title, setTitle] = useState(incident?.title ?? "");
  const [impact, setImpact] = useState<StatusImpact>("minor");
  const [state, setState] = useState<PostState>(states[0] ?? "investigating");
  const [body, setBody] = useState("");
  const [named, setNamed] = useState<Named>({});
  const [span, setSpan] = useState({
    from: instantToMinute(opened + HOUR),
    to: instantToMinute(opened + 2 * HOUR),
  });
  const [tell, setTell] = useState(true);
  const announce = useAnnounce();
  const isPlan = kind === "maintenance";
  const planned = isPlan ? spanOf(span) : null;
  return (
    <Dialog title={isPlan ? "Plan maintenance" : "Announce an incident"} close={close}>
      <form
        className={onCall.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          announce.mutate(
            {
              body: {
                kind,
                title: title.trim(),
                impact: isPlan ? "none" : impact,
                state,
                body: body.trim(),
                incidentId: incident?.id ?? null,
                components: namedList(named),
                startsAt: planned?.from ?? null,
                endsAt: planned?.to ?? null,
                tell,
              },
            },
            { onSuccess: close },
          );
        }}
      >
        {announce.error === null ? null : <FormError error={announce.error} />}
        <TextInput
          label="Title"
          description="In the words of your users"
          data-autofocus
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        {isPlan ? (
          <div className={onCall.fields}>
            <SpanFields span={span} change={setSpan} />
          </div>
        ) : (
          <div className={onCall.fields}>
            <NativeSelect
              label="State"
              data={states.map((value) => ({ value, label: inWords(value) }))}
              value={state}
              onChange={(event) => setState(event.currentTarget.value as PostState)}
            />
            <NativeSelect
              label="Impact"
              data={["none", "minor", "major", "critical"].map((value) => ({
                value,
                label: inWords(value),
              }))}
              value={impact}
              onChange={(event) => setImpact(event.currentTarget.value as StatusImpact)}
            />
          </div>
        )}
        <Textarea
          label="What you say"
          description="Markdown; where you say nothing, it is what stands here in grey"
          placeholder={page.templates[state]?.replaceAll("{title}", () => title.trim())}
          autosize
          minRows={3}
          maxLength={20_000}
          value={body}
          onChange={(event) => setBody(event.currentTarget.value)}
        />
        <NamedComponents components={page.components} named={named} change={setNamed} />
        <Switch
          label="Tell subscribers"
          checked={tell}
          onChange={(event) => setTell(event.currentTarget.checked)}
        />
        <FormEnd
          close={close}
          loading={announce.isPending}
          disabled={title.trim() === "" || (isPlan && planned === null)}
        >
          {isPlan ? "Plan it" : "Announce it"}
        </FormEnd>
      </form>
    </Dialog>
  );
}
