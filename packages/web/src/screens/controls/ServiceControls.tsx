import type { Control, ControlledService, ControlRequest } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { useUser } from "../../api/session.ts";
import { useState } from "react";
import { Ago } from "../../elements/Ago.tsx";
import { ConfirmTyped } from "../../elements/ConfirmTyped.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { count } from "../../values/quantity.ts";
import styles from "./Controls.module.css";
import { DefineControl } from "./DefineControl.tsx";
import { History } from "./History.tsx";
import { useRemove, useRemoveService } from "./queries.ts";
import { SetControl } from "./SetControl.tsx";
import { isAway, valueWords } from "./words.ts";

interface ServiceControlsProps {
  readonly service: ControlledService;
  /** Everything that waits, of all services. */
  readonly pending: readonly ControlRequest[];
}

type Opened =
  | { readonly what: "set" | "history" | "define" | "remove"; readonly name: string }
  | { readonly what: "make" | "remove-service" };

/** The controls of a service in an environment, and what can be done with them. */
export function ServiceControls({ service, pending }: ServiceControlsProps) {
  const role = useUser()?.role;
  const [opened, setOpened] = useState<Opened | null>(null);
  const close = () => setOpened(null);
  const remove = useRemove();
  const removeService = useRemoveService();
  const { environment, controls, listeners } = service;
  const place = { service: service.service, environment };
  // The dialog follows the control: somebody else may change it meanwhile.
  const control =
    opened !== null && "name" in opened
      ? controls.find(({ name }) => name === opened.name)
      : undefined;
  return (
    <section aria-label={`${place.service} in ${environment}`}>
      <SectionHeading
        title={place.service}
        note={`${environment} · ${
          listeners === 0
            ? "no application connected"
            : `${count(listeners, "application")} connected`
        }`}
      >
        {role === "admin" ? (
          <div className={styles.actions}>
            <Button
              size="compact-sm"
              variant="subtle"
              aria-label={`Make a switch for ${place.service} in ${environment}`}
              onClick={() => setOpened({ what: "make" })}
            >
              Make a switch
            </Button>
            <Button
              size="compact-sm"
              variant="subtle"
              aria-label={`Remove all controls of ${place.service} in ${environment}`}
              onClick={() => setOpened({ what: "remove-service" })}
            >
              Remove
            </Button>
          </div>
        ) : null}
      </SectionHeading>
      <ul className={styles.list}>
        {controls.map((each) => (
          <ControlRow
            key={each.name}
            control={each}
            waits={pending.some(
              (one) =>
                one.name === each.name &&
                one.service === each.service &&
                one.environment === each.environment,
            )}
            open={(what) => setOpened({ what, name: each.name })}
          />
        ))}
      </ul>
      {opened?.what === "make" ? <DefineControl place={place} close={close} /> : null}
      {opened?.what === "remove-service" ? (
        <ConfirmTyped
          title={`Remove the controls of ${place.service} in ${environment}`}
          name={place.service}
          action="Remove"
          isPending={removeService.isPending}
          confirm={() => removeService.mutate({ params: place }, { onSuccess: close })}
          close={close}
        >
          <p>
            Applications keep the last values that they know until they start anew, then all of them
            are off. The history stays.
          </p>
        </ConfirmTyped>
      ) : null}
      {control === undefined ? null : opened?.what === "set" ? (
        <SetControl control={control} close={close} />
      ) : opened?.what === "history" ? (
        <History control={control} close={close} />
      ) : opened?.what === "define" ? (
        <DefineControl
          place={place}
          control={control}
          remove={() => setOpened({ what: "remove", name: control.name })}
          close={close}
        />
      ) : (
        <ConfirmTyped
          title={`Remove ${control.name} of ${place.service}`}
          name={control.name}
          action="Remove"
          isPending={remove.isPending}
          confirm={() =>
            remove.mutate({ params: { ...place, name: control.name } }, { onSuccess: close })
          }
          close={close}
        >
          <p>Applications that ask for it get their own fallback. Its history stays.</p>
        </ConfirmTyped>
      )}
    </section>
  );
}

const secondWords: Readonly<Record<Control["twoPerson"], string>> = {
  never: "",
  away: "two people to leave normal",
  always: "two people for every change",
};

interface ControlRowProps {
  readonly control: Control;
  readonly waits: boolean;
  readonly open: (what: "set" | "history" | "define") => void;
}

function ControlRow({ control, waits, open }: ControlRowProps) {
  const role = useUser()?.role;
  const { name, service, environment, expiry, dangerous, twoPerson } = control;
  const away = isAway(control);
  const where = `${name} of ${service} in ${environment}`;
  const word = valueWords(control.value);
  return (
    <li className={styles.control} data-away={away || undefined}>
      <div className={styles.what}>
        <span className={styles.name}>{name}</span>
        <span className={styles.muted}>
          {[control.description, secondWords[twoPerson]].filter((text) => text !== "").join(" · ")}
        </span>
      </div>
      <div className={styles.state}>
        <StateMark
          state={away ? (dangerous ? "firing" : "pending") : "inactive"}
          word={word.charAt(0).toUpperCase() + word.slice(1)}
        />
        {away ? <span className={styles.muted}>normally {valueWords(control.normal)}</span> : null}
      </div>
      <div className={styles.what}>
        <span>
          Since <Ago at={control.changedAt} form="age" />, by {control.changedBy}
          {control.reason === "" ? "" : `: ${control.reason}`}
        </span>
        {expiry === null ? null : (
          <span className={styles.muted}>
            Goes back to {valueWords(expiry.value)} <Ago at={expiry.at} />
          </span>
        )}
        {waits ? <span className={styles.muted}>A change waits for a second person</span> : null}
      </div>
      <div className={styles.actions}>
        {role === "viewer" ? null : (
          <Button
            size="xs"
            variant="default"
            aria-label={`Change ${where}`}
            onClick={() => open("set")}
          >
            Change
          </Button>
        )}
        <Button
          size="xs"
          variant="subtle"
          aria-label={`History of ${where}`}
          onClick={() => open("history")}
        >
          History
        </Button>
        {role === "admin" ? (
          <Button
            size="xs"
            variant="subtle"
            aria-label={`Define ${where}`}
            onClick={() => open("define")}
          >
            Define
          </Button>
        ) : null}
      </div>
    </li>
  );
}
