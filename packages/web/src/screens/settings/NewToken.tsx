import type { TokenScope } from "@seaworthy/contract";
import { Button, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { Command } from "../../elements/Command.tsx";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import { useCreateToken } from "./queries.ts";
import styles from "./Settings.module.css";
import { scopeMeanings, scopes } from "./token-scopes.ts";

const lifetimes = [
  { value: "", label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];

const day = 86_400_000;

/** Makes a token and shows its secret, this once. */
export function NewToken({ close }: { readonly close: () => void }) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<TokenScope>("ingest");
  const [lifetime, setLifetime] = useState("");
  const [service, setService] = useState("");
  const [environment, setEnvironment] = useState("production");
  const [series, setSeries] = useState<number | string>("");
  const [samples, setSamples] = useState<number | string>("");
  const limits = {
    ...(typeof series === "number" ? { series } : {}),
    ...(typeof samples === "number" ? { samplesPerSecond: samples } : {}),
  };
  const create = useCreateToken();
  const made = create.data;
  const controls = { service: service.trim(), environment: environment.trim() };
  const namesService = controls.service !== "" && controls.environment !== "";
  return (
    <Dialog
      title={made === undefined ? "Create a token" : `Token ${made.token.name}`}
      close={close}
      closeOnClickOutside={made === undefined}
    >
      {made === undefined ? (
        <form
          className={styles.dialog}
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({
              name: name.trim(),
              scope,
              ...(namesService && (scope === "controls" || scope === "ingest") ? { controls } : {}),
              ...(scope === "ingest" && Object.keys(limits).length > 0 ? { limits } : {}),
              expiresAt:
                lifetime === ""
                  ? null
                  : new Date(Date.now() + Number(lifetime) * day).toISOString(),
            });
          }}
        >
          {create.error === null ? null : <FormError error={create.error} />}
          <TextInput
            label="Name"
            description="Who uses it, so that it can be told apart later."
            required
            withAsterisk={false}
            maxLength={100}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NativeSelect
            label="Opens"
            data={scopes.map((value) => ({ value, label: scopeMeanings[value] }))}
            value={scope}
            onChange={(event) => setScope(event.currentTarget.value as TokenScope)}
          />
          {scope === "controls" || scope === "ingest" ? (
            <>
              <TextInput
                label={scope === "controls" ? "Service" : "Service (optional)"}
                description={
                  scope === "controls"
                    ? "It reads the emergency controls of this service, and nothing else."
                    : "With one named, the key also reads this service's emergency controls."
                }
                maxLength={200}
                value={service}
                onChange={(event) => setService(event.currentTarget.value)}
              />
              {scope === "ingest" && service.trim() === "" ? null : (
                <TextInput
                  label="Environment"
                  maxLength={100}
                  value={environment}
                  onChange={(event) => setEnvironment(event.currentTarget.value)}
                />
              )}
            </>
          ) : null}
          {scope === "ingest" ? (
            <>
              <NumberInput
                label="Active series at most (optional)"
                description="Samples of further series are refused; the page of series shows how near it is."
                min={1}
                max={100_000_000}
                allowDecimal={false}
                thousandSeparator=","
                value={series}
                onChange={setSeries}
              />
              <NumberInput
                label="Samples a second at most (optional)"
                min={1}
                max={100_000_000}
                allowDecimal={false}
                thousandSeparator=","
                value={samples}
                onChange={setSamples}
              />
            </>
          ) : null}
          <NativeSelect
            label="Expires"
            data={lifetimes}
            value={lifetime}
            onChange={(event) => setLifetime(event.currentTarget.value)}
          />
          <FormEnd
            close={close}
            loading={create.isPending}
            disabled={name.trim() === "" || (scope === "controls" && !namesService)}
          >
            Create
          </FormEnd>
        </form>
      ) : (
        <div className={styles.dialog}>
          <p>Copy the secret now. It is kept as a hash only, so nobody can show it again.</p>
          <Command text={made.secret} label="Secret" />
          <div className={styles.dialogActions}>
            <Button onClick={close}>I have copied it</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
