import type { RunbookPreview } from "@seaworthy/contract";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Ago } from "../../elements/Ago.tsx";
import { Dialog } from "../../elements/Dialog.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { writeDuration } from "../../values/duration.ts";
import { personName } from "../incidents/owner.ts";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./Actions.module.css";
import { PlannedWork } from "./PlannedWork.tsx";
import { previewQuery, useRun } from "./run-queries.ts";

interface RunDialogProps {
  readonly title: string;
  readonly incident: string;
  readonly runbook: string;
  readonly action: string;
  /** What the runbook gives to its parameters. */
  readonly given: Readonly<Record<string, string>>;
  readonly close: () => void;
}

/** Shows exactly what will be done, with the values filled in, and asks. */
export function RunDialog({ title, close, ...of }: RunDialogProps) {
  const { incident, runbook, action, given } = of;
  const [values, setValues] = useState(given);
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...previewQuery({ incident, runbook, action, values }),
    placeholderData: keepPreviousData,
  });
  return (
    <Dialog title={title} close={close}>
      {data === undefined ? (
        error === null ? (
          <RowsSkeleton rows={4} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )
      ) : (
        <Confirm
          preview={data}
          isOld={isPlaceholderData}
          incident={incident}
          runbook={runbook}
          values={values}
          setValue={(name, value) => setValues({ ...values, [name]: value })}
          close={close}
        />
      )}
    </Dialog>
  );
}

interface ConfirmProps {
  readonly preview: RunbookPreview;
  /** Whether it is that of the values before. */
  readonly isOld: boolean;
  readonly incident: string;
  readonly runbook: string;
  readonly values: Readonly<Record<string, string>>;
  readonly setValue: (name: string, value: string) => void;
  readonly close: () => void;
}

function Confirm(props: ConfirmProps) {
  const { preview, isOld, incident, runbook, values, setValue, close } = props;
  const { last, work, confirm, confirmation, twoPerson } = preview;
  // Run on what its maker has seen; when somebody else is faster, they look again.
  const [seen, setSeen] = useState(last?.id ?? null);
  const [typed, setTyped] = useState("");
  const run = useRun();
  const isOvertaken = seen !== (last?.id ?? null) && !run.isPending && !run.isSuccess;
  const isReady =
    confirmation !== null && !isOld && !isOvertaken && (confirm === null || typed === confirm);
  const send = () => {
    if (confirmation === null) return;
    run.mutate(
      {
        params: { id: incident },
        body: {
          action: preview.name,
          runbook,
          values,
          confirmation,
          ...(confirm === null ? {} : { confirm: typed }),
        },
      },
      { onSuccess: close },
    );
  };
  return (
    <form
      className={styles.dialog}
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) send();
      }}
    >
      {run.error === null ? null : <FormError error={run.error} />}
      {isOvertaken && last !== null ? (
        <div className={styles.notice} role="alert">
          <p>
            <strong>Somebody was faster.</strong> {personName(last.askedBy)} has run it{" "}
            <Ago at={last.askedAt} />. Nothing of yours was done.
          </p>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setSeen(last.id);
              run.reset();
            }}
          >
            Go on from there
          </Button>
        </div>
      ) : null}
      {preview.about === "" ? null : <p>{preview.about}</p>}
      {preview.parameters.map((parameter) => (
        <Parameter
          key={parameter.name}
          parameter={parameter}
          value={values[parameter.name] ?? parameter.value ?? ""}
          setValue={(value) => setValue(parameter.name, value)}
        />
      ))}
      {preview.problems.length === 0 ? null : (
        <p role="alert" className={styles.problem}>
          The runbook's block {preview.problems.join("; ")}.
        </p>
      )}
      {work === null ? null : <PlannedWork work={work} />}
      <p className={styles.muted}>
        It may take {writeDuration(Math.round(preview.timeoutMs / 1000))}, then it is ended.
        {last === null ? (
          " It has not been run for this incident."
        ) : (
          <>
            {" "}
            It was run last by {personName(last.askedBy)} <Ago at={last.askedAt} />.
          </>
        )}
        {twoPerson ? " It waits for half an hour until a second person approves it here." : ""}
      </p>
      {confirm === null ? null : (
        <TextInput
          label={`Type ${confirm} to confirm`}
          autoComplete="off"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      <div className={styles.end}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={run.isPending} disabled={!isReady}>
          {twoPerson ? "Ask for it" : "Run it"}
        </Button>
      </div>
    </form>
  );
}

interface ParameterProps {
  readonly parameter: RunbookPreview["parameters"][number];
  readonly value: string;
  readonly setValue: (value: string) => void;
}

function Parameter({
  parameter: { name, about, oneOf, refused },
  value,
  setValue,
}: ParameterProps) {
  const shared = {
    label: name,
    ...(about === "" ? {} : { description: about }),
    ...(refused === null ? {} : { error: refused }),
    value,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      setValue(event.currentTarget.value),
  };
  if (oneOf === null) return <TextInput {...shared} maxLength={500} autoComplete="off" />;
  const data = oneOf.includes(value) ? oneOf : [value, ...oneOf];
  return <NativeSelect {...shared} data={[...new Set(data)]} />;
}
