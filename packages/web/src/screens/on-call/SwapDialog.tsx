import type { Duty, Schedule, User } from "@seaworthy/contract";
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { useTimeRange } from "../../time/use-time-range.ts";
import { formatInstant } from "../../values/instant.ts";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./OnCall.module.css";
import { dutiesQuery, useAddOverrides } from "./queries.ts";
import { ahead } from "./span.ts";
import { swapOf, turnsAfter } from "./swap.ts";

interface SwapDialogProps {
  readonly schedule: Schedule;
  readonly people: readonly User[];
  readonly close: () => void;
}

/** Two people exchange a turn each: both overrides are made, or none. */
export function SwapDialog({ schedule, people, close }: SwapDialogProps) {
  const me = useUser();
  const { zone } = useTimeRange();
  const [opened] = useState(() => Date.now());
  const { data } = useQuery(dutiesQuery(schedule.id, ahead(opened)));
  const turns = turnsAfter(data?.duties ?? [], opened);
  const [given, setGiven] = useState<string | null>(null);
  const [taken, setTaken] = useState<string | null>(null);
  const add = useAddOverrides();

  const mine = turns.find(({ personId }) => personId === me?.id);
  const first = turns.find(({ from }) => from === given) ?? mine ?? turns[0];
  const others = turns.filter(({ personId }) => personId !== first?.personId);
  const second = others.find(({ from }) => from === taken) ?? others[0];
  const nameOf = (id: string) => people.find((one) => one.id === id)?.name ?? "Somebody";
  const option = (turn: Duty) => ({
    value: turn.from,
    label: `${nameOf(turn.personId)}: ${formatInstant(Date.parse(turn.from), zone)} to ${formatInstant(Date.parse(turn.to), zone)}`,
  });
  return (
    <Dialog title={`Swap turns of ${schedule.name}`} close={close}>
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          if (first === undefined || second === undefined) return;
          add.mutate(
            { params: { id: schedule.id }, body: { overrides: swapOf(first, second) } },
            { onSuccess: close },
          );
        }}
      >
        {add.error === null ? null : <FormError error={add.error} />}
        {data !== undefined && second === undefined ? (
          <p>In the next weeks there are no turns of two people that could be swapped.</p>
        ) : (
          <>
            <NativeSelect
              label="This turn"
              data-autofocus
              data={turns.map(option)}
              value={first?.from ?? ""}
              onChange={(event) => setGiven(event.currentTarget.value)}
            />
            <NativeSelect
              label="for this one"
              data={others.map(option)}
              value={second?.from ?? ""}
              onChange={(event) => setTaken(event.currentTarget.value)}
            />
            {first === undefined || second === undefined ? null : (
              <p className={styles.muted}>
                {nameOf(second.personId)} takes the first, {nameOf(first.personId)} the second.
              </p>
            )}
          </>
        )}
        <FormEnd close={close} loading={add.isPending} disabled={second === undefined}>
          Swap
        </FormEnd>
      </form>
    </Dialog>
  );
}
