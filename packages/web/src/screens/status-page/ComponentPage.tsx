import type { ComponentSource, StatusComponent, StatusPage } from "@seaworthy/contract";
import { Button, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { paths } from "../../app/paths.ts";
import { ConfirmTyped } from "../../elements/ConfirmTyped.tsx";
import { EditPage } from "../on-call/EditPage.tsx";
import onCall from "../on-call/OnCall.module.css";
import { FormError } from "../sign-in/FormError.tsx";
import {
  statusPageQuery,
  useCreateComponent,
  useDeleteComponent,
  useReplaceComponent,
} from "./queries.ts";
import { linesOf } from "./words.ts";

/** One component is made or changed. */
export function ComponentPage() {
  const { id = "new" } = useParams();
  const { data, error, refetch } = useQuery(statusPageQuery);
  const component = data?.components.find((one) => one.id === id);
  const isMissing = data !== undefined && component === undefined && id !== "new";
  return (
    <EditPage
      title={component?.name ?? "New component"}
      back={{ to: paths.statusPage(), label: "Status page" }}
      state={data === undefined ? "loading" : isMissing ? "missing" : "ready"}
      error={error}
      retry={() => void refetch()}
      words={{ one: "component", all: "components" }}
    >
      {data === undefined ? null : <ComponentForm key={id} component={component} page={data} />}
    </EditPage>
  );
}

function ComponentForm({
  component,
  page,
}: {
  readonly component: StatusComponent | undefined;
  readonly page: StatusPage;
}) {
  const given = component?.source;
  const [name, setName] = useState(component?.name ?? "");
  const [description, setDescription] = useState(component?.description ?? "");
  const [group, setGroup] = useState(component?.group ?? "");
  const [position, setPosition] = useState<number | string>(
    component?.position ?? page.components.length + 1,
  );
  const [kind, setKind] = useState<ComponentSource["kind"]>(given?.kind ?? "alerts");
  const [matchers, setMatchers] = useState(
    given === undefined || given.kind === "manual" ? "" : given.matchers.join("\n"),
  );
  const [metric, setMetric] = useState(given?.kind === "probe" ? given.metric : "probe_success");
  const [failAfter, setFailAfter] = useState<number | string>(
    given?.kind === "probe" ? given.failAfterSeconds : 60,
  );
  const [dependsOn, setDependsOn] = useState<string[]>(component?.dependsOn ?? []);
  const [showUptime, setShowUptime] = useState(component?.showUptime ?? true);
  const [isRemoving, setRemoving] = useState(false);
  const create = useCreateComponent();
  const replace = useReplaceComponent();
  const remove = useDeleteComponent();
  const navigate = useNavigate();
  const fault = create.error ?? replace.error;
  const others = page.components.filter(({ id }) => id !== component?.id);
  const lines = linesOf(matchers);
  const lacks =
    name.trim() === ""
      ? "Give the component a name."
      : kind !== "manual" && lines.length === 0
        ? "Say which labels the component goes by."
        : undefined;

  function save(): void {
    const source: ComponentSource =
      kind === "manual"
        ? { kind }
        : kind === "alerts"
          ? { kind, matchers: lines }
          : { kind, metric, matchers: lines, failAfterSeconds: Number(failAfter) };
    const draft = {
      name: name.trim(),
      description: description.trim(),
      group: group.trim() === "" ? null : group.trim(),
      position: Number(position),
      source,
      dependsOn,
      showUptime,
    };
    const onSuccess = () => void navigate(paths.statusPage());
    if (component === undefined) create.mutate({ body: draft }, { onSuccess });
    else {
      const body = { ...draft, version: component.version };
      replace.mutate({ params: { id: component.id }, body }, { onSuccess });
    }
  }

  return (
    <form
      className={onCall.form}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {fault === null ? null : <FormError error={fault} />}
      <TextInput
        label="Name"
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Description"
        description="Visitors see it under the name"
        maxLength={300}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <div className={onCall.fields}>
        <TextInput
          label="Heading"
          placeholder="None"
          maxLength={100}
          value={group}
          onChange={(event) => setGroup(event.currentTarget.value)}
        />
        <TextInput
          type="number"
          label="Place"
          min={0}
          max={10_000}
          value={position}
          onChange={(event) => setPosition(event.currentTarget.value)}
        />
      </div>
      <NativeSelect
        label="Its state is found"
        data={[
          { value: "alerts", label: "by alerts" },
          { value: "probe", label: "by a probe" },
          { value: "manual", label: "by hand" },
        ]}
        value={kind}
        onChange={(event) => setKind(event.currentTarget.value as ComponentSource["kind"])}
      />
      {kind === "manual" ? null : (
        <Textarea
          label={kind === "alerts" ? "Labels of the alerts" : "Labels of the probe's series"}
          description="One matcher a line; all must match"
          placeholder={kind === "alerts" ? 'service="shop"' : 'instance="https://example.com"'}
          autosize
          minRows={2}
          value={matchers}
          onChange={(event) => setMatchers(event.currentTarget.value)}
        />
      )}
      {kind === "probe" ? (
        <div className={onCall.fields}>
          <NativeSelect
            label="Metric"
            data={["probe_success", "up"]}
            value={metric}
            onChange={(event) => setMetric(event.currentTarget.value as typeof metric)}
          />
          <TextInput
            type="number"
            label="Down after, in seconds"
            min={5}
            max={3600}
            value={failAfter}
            onChange={(event) => setFailAfter(event.currentTarget.value)}
          />
        </div>
      ) : null}
      {others.length === 0 ? null : (
        <fieldset className={onCall.layer}>
          <legend>Cannot do without</legend>
          {others.map(({ id, name: other }) => (
            <Switch
              key={id}
              label={other}
              checked={dependsOn.includes(id)}
              onChange={(event) =>
                setDependsOn(
                  event.currentTarget.checked
                    ? [...dependsOn, id]
                    : dependsOn.filter((one) => one !== id),
                )
              }
            />
          ))}
        </fieldset>
      )}
      <Switch
        label="Show the past 90 days"
        checked={showUptime}
        onChange={(event) => setShowUptime(event.currentTarget.checked)}
      />
      {lacks === undefined ? null : <p className={onCall.muted}>{lacks}</p>}
      <div className={onCall.end}>
        {component === undefined ? null : (
          <Button variant="default" onClick={() => setRemoving(true)}>
            Remove
          </Button>
        )}
        <Button
          type="submit"
          disabled={lacks !== undefined}
          loading={create.isPending || replace.isPending}
        >
          Save
        </Button>
      </div>
      {component !== undefined && isRemoving ? (
        <ConfirmTyped
          title={`Remove ${component.name}`}
          name={component.name}
          action="Remove"
          isPending={remove.isPending}
          close={() => setRemoving(false)}
          confirm={() =>
            remove.mutate(
              { params: { id: component.id } },
              { onSuccess: () => void navigate(paths.statusPage()) },
            )
          }
        >
          <p>Its past 90 days are removed with it.</p>
        </ConfirmTyped>
      ) : null}
    </form>
  );
}
