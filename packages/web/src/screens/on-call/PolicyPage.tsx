import type {
  EscalationPolicy,
  EscalationTarget,
  PolicyDraft,
  Schedule,
  User,
} from "@seaworthy/contract";
import { ActionIcon, Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { paths } from "../../app/paths.ts";
import { ConfirmTyped } from "../../elements/ConfirmTyped.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import { EditPage } from "./EditPage.tsx";
import styles from "./OnCall.module.css";
import { stepsInWords, targetName } from "./policy-words.ts";
import {
  peopleQuery,
  policiesQuery,
  schedulesQuery,
  useCreatePolicy,
  useDeletePolicy,
  useReplacePolicy,
} from "./queries.ts";

const severities = ["P1", "P2", "P3"] as const;

/** Making an escalation policy, or changing one; what it says is told in words while one writes. */
export function PolicyPage() {
  const { id = "new" } = useParams();
  const { data: policies, error, refetch } = useQuery(policiesQuery);
  const { data: schedules } = useQuery(schedulesQuery);
  const { data: people } = useQuery(peopleQuery);
  const known = policies?.policies.find((policy) => policy.id === id);
  const title = id === "new" ? "Make an escalation policy" : (known?.name ?? "Escalation policy");
  const isLoaded = policies !== undefined && schedules !== undefined && people !== undefined;
  return (
    <EditPage
      title={title}
      back={{ to: paths.policies(), label: "Escalation policies" }}
      state={!isLoaded ? "loading" : id !== "new" && known === undefined ? "missing" : "ready"}
      error={error}
      retry={() => void refetch()}
      words={{ one: "policy", all: "policies" }}
    >
      <PolicyForm
        key={id}
        known={known}
        schedules={schedules?.schedules ?? []}
        people={people?.people ?? []}
      />
    </EditPage>
  );
}

interface StepDraft {
  readonly key: string;
  readonly targets: readonly EscalationTarget[];
  readonly mode: "all" | "round-robin";
  readonly minutes: number;
}

const newStep = (): StepDraft => ({
  key: crypto.randomUUID(),
  targets: [],
  mode: "all",
  minutes: 5,
});

interface PolicyFormProps {
  readonly known: EscalationPolicy | undefined;
  readonly schedules: readonly Schedule[];
  readonly people: readonly User[];
}

function PolicyForm({ known, schedules, people }: PolicyFormProps) {
  const navigate = useNavigate();
  const [isRemoving, setRemoving] = useState(false);
  const [name, setName] = useState(known?.name ?? "");
  const [services, setServices] = useState(known?.services.join(", ") ?? "");
  const [chosen, setChosen] = useState<readonly string[]>(known?.severities ?? ["P1", "P2"]);
  const [steps, setSteps] = useState<readonly StepDraft[]>(
    () =>
      known?.steps.map(({ waitSeconds, ...step }) => ({
        ...step,
        key: crypto.randomUUID(),
        minutes: waitSeconds / 60,
      })) ?? [newStep()],
  );
  const [repeats, setRepeats] = useState(known?.repeats ?? 0);
  const [everyone, setEveryone] = useState(known?.everyoneInTheEnd ?? true);
  const create = useCreatePolicy();
  const replace = useReplacePolicy();
  const remove = useDeletePolicy();
  const { error } = known === undefined ? create : replace;
  const back = () => void navigate(paths.policies());
  const draft: PolicyDraft = {
    name: name.trim(),
    services: services
      .split(",")
      .map((service) => service.trim())
      .filter((service) => service !== ""),
    severities: severities.filter((severity) => chosen.includes(severity)),
    steps: steps.map(({ targets, mode, minutes }) => ({
      targets: [...targets],
      mode,
      waitSeconds: Math.round(minutes * 60),
    })),
    repeats,
    everyoneInTheEnd: everyone,
  };
  const fault = faultOf(draft);
  const nameOf = (target: EscalationTarget) => targetName(target, schedules, people);
  const setStep = (key: string, change: Partial<StepDraft>) =>
    setSteps(steps.map((step) => (step.key === key ? { ...step, ...change } : step)));
  return (
    <form
      className={styles.form}
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
      <TextInput
        label="Name"
        required
        withAsterisk={false}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div>
        <p className={styles.label}>Incidents of severity</p>
        <div className={styles.days} role="group" aria-label="Severities">
          {severities.map((severity) => (
            <button
              key={severity}
              type="button"
              className={styles.dayButton}
              aria-pressed={chosen.includes(severity)}
              onClick={() =>
                setChosen(
                  chosen.includes(severity)
                    ? chosen.filter((one) => one !== severity)
                    : [...chosen, severity],
                )
              }
            >
              {severity}
            </button>
          ))}
        </div>
      </div>
      <TextInput
        label="Of these services"
        description="Separated by commas; empty for every service that no other policy names."
        value={services}
        onChange={(event) => setServices(event.currentTarget.value)}
      />
      {steps.map((step, place) => (
        <StepFields
          key={step.key}
          step={step}
          place={place}
          schedules={schedules}
          people={people}
          nameOf={nameOf}
          change={(change) => setStep(step.key, change)}
          {...(steps.length > 1
            ? { remove: () => setSteps(steps.filter((one) => one.key !== step.key)) }
            : {})}
        />
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} stroke={1.7} aria-hidden />}
          onClick={() => setSteps([...steps, newStep()])}
        >
          Add a step
        </Button>
      </div>
      <NativeSelect
        label="While nobody answers"
        data={Array.from({ length: 10 }, (_, times) => ({
          value: String(times),
          label:
            times === 0
              ? "go through the steps once"
              : `go through the steps ${times === 1 ? "once more" : `${times} more times`}`,
        }))}
        value={String(repeats)}
        onChange={(event) => setRepeats(Number(event.currentTarget.value))}
      />
      <Switch
        label="Page everybody in the end"
        checked={everyone}
        onChange={(event) => setEveryone(event.currentTarget.checked)}
      />
      <section aria-label="In words">
        <ol className={styles.steps}>
          {stepsInWords(draft, nameOf).map((sentence, place) => (
            <li key={`${place} ${sentence}`} className={styles.muted}>
              {sentence}
            </li>
          ))}
        </ol>
      </section>
      {error === null ? null : <FormError error={error} />}
      {fault === undefined ? null : <p className={styles.muted}>{fault}</p>}
      <div className={styles.actions}>
        <Button
          type="submit"
          disabled={fault !== undefined}
          loading={create.isPending || replace.isPending}
        >
          Save
        </Button>
        <Button variant="default" component={ScreenLink} to={paths.policies()}>
          Cancel
        </Button>
        {known === undefined ? null : (
          <Button variant="default" onClick={() => setRemoving(true)}>
            Remove the policy
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
            What it has begun goes on; new incidents are paged by another policy, or not at all.
            This cannot be undone.
          </p>
        </ConfirmTyped>
      )}
    </form>
  );
}

function faultOf({ name, severities: given, steps }: PolicyDraft): string | undefined {
  if (given.length === 0) return "Choose at least one severity.";
  for (const [place, { targets, waitSeconds }] of steps.entries()) {
    if (targets.length === 0) return `Step ${place + 1} pages nobody yet.`;
    if (!Number.isInteger(waitSeconds) || waitSeconds < 30 || waitSeconds > 86_400)
      return `Step ${place + 1} must wait half a minute to a day.`;
  }
  return name === "" ? "Give the policy a name." : undefined;
}

interface StepFieldsProps {
  readonly step: StepDraft;
  readonly place: number;
  readonly schedules: readonly Schedule[];
  readonly people: readonly User[];
  readonly nameOf: (target: EscalationTarget) => string;
  readonly change: (change: Partial<StepDraft>) => void;
  /** Left out for the only step. */
  readonly remove?: () => void;
}

function StepFields({ step, place, schedules, people, nameOf, change, remove }: StepFieldsProps) {
  const add = (value: string) => {
    const [kind, id = ""] = value.split(" ");
    const target: EscalationTarget =
      kind === "schedule" || kind === "person" ? { kind, id } : { kind: "everyone" };
    change({ targets: [...step.targets, target] });
  };
  return (
    <fieldset className={styles.layer}>
      <legend>Step {place + 1}</legend>
      <div>
        <p className={styles.label}>Pages</p>
        <ul className={styles.chips}>
          {step.targets.map((target, i) => (
            <li key={`${i} ${nameOf(target)}`} className={styles.chip}>
              {nameOf(target)}
              <ActionIcon
                variant="subtle"
                size="sm"
                aria-label={`Take ${nameOf(target)} out of step ${place + 1}`}
                onClick={() => change({ targets: step.targets.filter((_, one) => one !== i) })}
              >
                <IconX size={14} stroke={1.7} />
              </ActionIcon>
            </li>
          ))}
          <li>
            <NativeSelect
              aria-label={`Add somebody to step ${place + 1}`}
              data={[
                { value: "", label: "Add somebody" },
                ...schedules.map(({ id, name }) => ({
                  value: `schedule ${id}`,
                  label: `On call by ${name}`,
                })),
                ...people.map(({ id, name }) => ({ value: `person ${id}`, label: name })),
                { value: "everyone", label: "Everybody" },
              ]}
              value=""
              onChange={({ currentTarget: { value } }) => {
                if (value !== "") add(value);
              }}
            />
          </li>
        </ul>
      </div>
      <div className={styles.fields}>
        <NativeSelect
          label="Who of them"
          data={[
            { value: "all", label: "All at once" },
            { value: "round-robin", label: "One, in turns" },
          ]}
          value={step.mode}
          onChange={({ currentTarget: { value } }) =>
            change({ mode: value === "round-robin" ? "round-robin" : "all" })
          }
        />
        <TextInput
          type="number"
          label="Then waits, minutes"
          min={0.5}
          max={1440}
          step={0.5}
          required
          withAsterisk={false}
          value={Number.isNaN(step.minutes) ? "" : step.minutes}
          onChange={({ currentTarget: { valueAsNumber } }) => change({ minutes: valueAsNumber })}
        />
      </div>
      {remove === undefined ? null : (
        <div>
          <Button size="xs" variant="default" onClick={remove}>
            Remove the step
          </Button>
        </div>
      )}
    </fieldset>
  );
}
