import {
  editIncident,
  mergeIncident,
  setIncidentServices,
  splitIncident,
  type Incident,
} from "@seaworthy/contract";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { paths } from "../../app/paths.ts";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import { useIncidentAlerts, useIncidentCommand } from "./queries.ts";
import { faultSeverities, severities, severityOf } from "./severities.ts";
import styles from "./Work.module.css";

interface DialogProps {
  readonly incident: Incident;
  readonly close: () => void;
}

/** What people know better than the alert that opened it. */
export function EditDialog({ incident, close }: DialogProps) {
  const edit = useIncidentCommand(editIncident, "The incident was not changed");
  const touch = useIncidentCommand(setIncidentServices, "The services were not changed");
  const [title, setTitle] = useState(incident.title);
  const [severity, setSeverity] = useState(incident.severity);
  const [service, setService] = useState(incident.service ?? "");
  const [others, setOthers] = useState(incident.services.join(", "));
  const { id } = incident;
  const save = async () => {
    await edit.mutateAsync({
      params: { id },
      body: {
        title: title.trim(),
        severity,
        service: service.trim() === "" ? null : service.trim(),
      },
    });
    const services = others.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
    await touch.mutateAsync({ params: { id }, body: { services } });
    close();
  };
  return (
    <Dialog title={`Incident #${incident.number}`} close={close}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          // What went wrong is told by the commands themselves.
          save().catch(() => {});
        }}
      >
        <TextInput
          label="Title"
          data-autofocus
          required
          withAsterisk={false}
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <div className={styles.pair}>
          <NativeSelect
            label="Severity"
            value={severity}
            onChange={(event) => setSeverity(severityOf(event.currentTarget.value))}
            data={[...severities]}
          />
          <TextInput
            label="Service"
            maxLength={200}
            value={service}
            onChange={(event) => setService(event.currentTarget.value)}
          />
        </div>
        <TextInput
          label="Also touches"
          placeholder="cart, search"
          value={others}
          onChange={(event) => setOthers(event.currentTarget.value)}
        />
        <FormEnd close={close} loading={edit.isPending || touch.isPending}>
          Save
        </FormEnd>
      </form>
    </Dialog>
  );
}

/** Moves everything into another incident. */
export function MergeDialog({ incident, close }: DialogProps) {
  const navigate = useNavigate();
  const merge = useIncidentCommand(mergeIncident, "The incidents were not merged");
  const [into, setInto] = useState("");
  const number = into.trim().replace(/^#/, "");
  return (
    <Dialog title={`Merge incident #${incident.number}`} close={close}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          merge.mutate(
            { params: { id: incident.id }, body: { into: number } },
            {
              onSuccess: (target) => {
                close();
                void navigate(paths.incident(target.number));
              },
            },
          );
        }}
      >
        {merge.error === null ? null : <FormError error={merge.error} />}
        <p>Its alerts, tasks, links and its timeline move there, and it is closed.</p>
        <TextInput
          label="Into which incident?"
          placeholder="42"
          data-autofocus
          inputMode="numeric"
          value={into}
          onChange={(event) => setInto(event.currentTarget.value)}
        />
        <FormEnd close={close} loading={merge.isPending} disabled={!/^\d+$/.test(number)}>
          Merge
        </FormEnd>
      </form>
    </Dialog>
  );
}

/** Moves some alerts into an incident of their own. */
export function SplitDialog({ incident, close }: DialogProps) {
  const navigate = useNavigate();
  const split = useIncidentCommand(splitIncident, "The incident was not split");
  const [title, setTitle] = useState("");
  const [severity, setSeverity] = useState(
    incident.severity === "maintenance" ? ("P3" as const) : incident.severity,
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { alerts, showMore, isLoading } = useIncidentAlerts(incident);
  return (
    <Dialog title={`Split incident #${incident.number}`} close={close}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          split.mutate(
            {
              params: { id: incident.id },
              body: { title: title.trim(), severity, alerts: [...chosen] },
            },
            {
              onSuccess: (other) => {
                close();
                void navigate(paths.incident(other.number));
              },
            },
          );
        }}
      >
        {split.error === null ? null : <FormError error={split.error} />}
        <div className={styles.pair}>
          <TextInput
            label="What is the other one?"
            data-autofocus
            required
            withAsterisk={false}
            maxLength={200}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <NativeSelect
            label="Severity"
            value={severity}
            onChange={(event) => {
              const given = severityOf(event.currentTarget.value);
              if (given !== "maintenance") setSeverity(given);
            }}
            data={faultSeverities}
          />
        </div>
        <fieldset className={styles.choices}>
          <legend>Which alerts belong to it?</legend>
          {alerts.map((alert) => (
            <label key={alert.fingerprint} className={styles.tick}>
              <input
                type="checkbox"
                checked={chosen.has(alert.fingerprint)}
                onChange={(event) => {
                  const next = new Set(chosen);
                  if (event.currentTarget.checked) next.add(alert.fingerprint);
                  else next.delete(alert.fingerprint);
                  setChosen(next);
                }}
              />
              <span>
                {alert.annotations["summary"] ?? alert.labels["alertname"] ?? alert.fingerprint}
              </span>
            </label>
          ))}
          {showMore === undefined ? null : (
            <Button variant="default" loading={isLoading} onClick={showMore}>
              Show more alerts
            </Button>
          )}
        </fieldset>
        <FormEnd
          close={close}
          loading={split.isPending}
          disabled={title.trim() === "" || chosen.size === 0 || chosen.size >= incident.alertCount}
        >
          Split off
        </FormEnd>
      </form>
    </Dialog>
  );
}
