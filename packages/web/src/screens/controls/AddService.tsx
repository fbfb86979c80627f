import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { overviewQuery } from "../overview/queries.ts";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./Controls.module.css";
import { useAddService } from "./queries.ts";

/** Gives a service in an environment its kill switch, safe mode and operator takeover. */
export function AddService({ close }: { readonly close: () => void }) {
  const known = useQuery(overviewQuery).data?.services ?? [];
  const [service, setService] = useState("");
  const [environment, setEnvironment] = useState("production");
  const add = useAddService();
  const place = { service: service.trim(), environment: environment.trim() };
  return (
    <Dialog title="Add a service" close={close}>
      <form
        className={styles.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({ body: place }, { onSuccess: close });
        }}
      >
        {add.error === null ? null : <FormError error={add.error} />}
        <p>It gets a kill switch, safe mode and operator takeover, all of them off.</p>
        <TextInput
          label="Service"
          description="As the application names itself (OTEL_SERVICE_NAME)."
          required
          withAsterisk={false}
          maxLength={200}
          list="known-services"
          data-autofocus
          value={service}
          onChange={(event) => setService(event.currentTarget.value)}
        />
        <datalist id="known-services">
          {known.map((each) => (
            <option key={each.service} value={each.service} />
          ))}
        </datalist>
        <TextInput
          label="Environment"
          description="As the application is started (NODE_ENV)."
          required
          withAsterisk={false}
          maxLength={100}
          value={environment}
          onChange={(event) => setEnvironment(event.currentTarget.value)}
        />
        <FormEnd
          close={close}
          loading={add.isPending}
          disabled={place.service === "" || place.environment === ""}
        >
          Add
        </FormEnd>
      </form>
    </Dialog>
  );
}
