import type { Schedule, ScheduleDraft, User } from "@seaworthy/contract";
import { Button, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { paths } from "../../app/paths.ts";
import { ConfirmTyped } from "../../elements/ConfirmTyped.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { useNow } from "../../time/use-now.ts";
import { FormError } from "../sign-in/FormError.tsx";
import { DutyTimeline } from "./DutyTimeline.tsx";
import { LayerFields } from "./LayerFields.tsx";
import { EditPage } from "./EditPage.tsx";
import styles from "./OnCall.module.css";
import {
  peopleQuery,
  previewQuery,
  schedulesQuery,
  useCreateSchedule,
  useDeleteSchedule,
  useReplaceSchedule,
} from "./queries.ts";
import { faultOf, layerOf, newLayer, type LayerDraft } from "./schedule-draft.ts";
import { hereZone, twoWeeks } from "./span.ts";
import { ZoneField } from "./ZoneField.tsx";

/** Making a schedule, or changing one; what it would say is drawn while one writes. */
export function SchedulePage() {
  const { id = "new" } = useParams();
  const { data: schedules, error, refetch } = useQuery(schedulesQuery);
  const { data: people } = useQuery(peopleQuery);
  const known = schedules?.schedules.find((schedule) => schedule.id === id);
  const title = id === "new" ? "Make a schedule" : (known?.name ?? "Schedule");
  const isLoaded = schedules !== undefined && people !== undefined;
  return (
    <EditPage
      title={title}
      back={{ to: paths.onCall(), label: "On-call schedules" }}
      state={!isLoaded ? "loading" : id !== "new" && known === undefined ? "missing" : "ready"}
      error={error}
      retry={() => void refetch()}
      words={{ one: "schedule", all: "schedules" }}
    >
      <ScheduleForm key={id} known={known} people={people?.people ?? []} />
    </EditPage>
  );
}

interface ScheduleFormProps {
  readonly known: Schedule | undefined;
  readonly people: readonly User[];
}

function ScheduleForm({ known, people }: ScheduleFormProps) {
  const navigate = useNavigate();
  const [isRemoving, setRemoving] = useState(false);
  const [name, setName] = useState(known?.name ?? "");
  const [timeZone, setTimeZone] = useState(known?.timeZone ?? hereZone());
  const [layers, setLayers] = useState<readonly LayerDraft[]>(
    () =>
      known?.layers.map((layer) => ({ ...layer, key: crypto.randomUUID() })) ?? [
        newLayer("Primary", timeZone),
      ],
  );
  const create = useCreateSchedule();
  const replace = useReplaceSchedule();
  const remove = useDeleteSchedule();
  const now = useNow(60_000);
  const span = twoWeeks(now);

  const draft: ScheduleDraft = {
    name: name.trim(),
    timeZone,
    layers: layers.map(layerOf),
  };
  const fault = faultOf(draft);
  const preview = useQuery(
    previewQuery(
      fault === undefined || fault.field === "name"
        ? { schedule: { ...draft, name: draft.name || "Preview" }, ...span.asked }
        : undefined,
    ),
  );
  const { error } = known === undefined ? create : replace;
  const back = () => void navigate(paths.onCall());
  const setLayer = (key: string, change: Partial<LayerDraft>) =>
    setLayers(layers.map((layer) => (layer.key === key ? { ...layer, ...change } : layer)));
  return (
    <form
      className={`${styles.form} ${styles.wide}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (fault !== undefined) return;
        if (known === undefined) create.mutate({ body: draft }, { onSuccess: back });
        else
          replace.mutate(
            { params: { id: known.id }, body: { ...draft, version: known.version } },
            { onSuccess: back },
          );
      }}
    >
      <div className={styles.fields}>
        <TextInput
          label="Name"
          required
          withAsterisk={false}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <ZoneField label="Shown in" value={timeZone} change={setTimeZone} />
      </div>
      {layers.map((layer, place) => (
        <LayerFields
          key={layer.key}
          layer={layer}
          people={people}
          change={(change) => setLayer(layer.key, change)}
          {...(layers.length > 1
            ? { remove: () => setLayers(layers.filter((one) => one.key !== layer.key)) }
            : {})}
          note={place === 0 ? undefined : "takes precedence over the layers above"}
        />
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} stroke={1.7} aria-hidden />}
          onClick={() => setLayers([...layers, newLayer(`Layer ${layers.length + 1}`, timeZone)])}
        >
          Add a layer
        </Button>
      </div>
      <section aria-label="Preview">
        <p className={styles.label}>The next two weeks</p>
        <DutyTimeline
          rows={[{ name: "On call", duties: preview.data?.duties ?? [] }]}
          people={people}
          from={span.from}
          to={span.to}
          now={now}
        />
        {preview.error === null ? null : <FormError error={preview.error} />}
      </section>
      {error === null ? null : <FormError error={error} />}
      {fault === undefined ? null : <p className={styles.muted}>{fault.reason}</p>}
      <div className={styles.actions}>
        <Button
          type="submit"
          loading={create.isPending || replace.isPending}
          disabled={fault !== undefined}
        >
          Save
        </Button>
        <Button variant="default" component={ScreenLink} to={paths.onCall()}>
          Cancel
        </Button>
        {known === undefined ? null : (
          <Button variant="default" onClick={() => setRemoving(true)}>
            Remove the schedule
          </Button>
        )}
      </div>
      {known === undefined || !isRemoving ? null : (
        <ConfirmTyped
          title={`Remove ${known.name}`}
          name={known.name}
          action="Remove"
          isPending={remove.isPending}
          confirm={() => remove.mutate({ params: { id: known.id } }, { onSuccess: back })}
          close={() => setRemoving(false)}
        >
          <p>
            Its overrides and calendar addresses go with it. Policies that page by it find nobody.
            This cannot be undone.
          </p>
        </ConfirmTyped>
      )}
    </form>
  );
}
