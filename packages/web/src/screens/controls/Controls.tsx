import type { Control, ControlledService } from "@seaworthy/contract";
import { Button, TextInput } from "@mantine/core";
import { IconPlus, IconToggleRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { Page } from "../../app/Page.tsx";
import { Command } from "../../elements/Command.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { StateShape } from "../../elements/StateMark.tsx";
import { count } from "../../values/quantity.ts";
import { AddService } from "./AddService.tsx";
import { Beside } from "./Beside.tsx";
import styles from "./Controls.module.css";
import { controlsQuery } from "./queries.ts";
import { ServiceControls } from "./ServiceControls.tsx";
import { Waiting } from "./Waiting.tsx";
import { isAway } from "./words.ts";
import { useAddress } from "../../app/use-address.ts";

const reading = `import { ControlGate, Controls } from "@seaworthy/sdk/controls";

const controls = new Controls({ cacheFile: "/var/lib/shop/controls.json" });
const gate = new ControlGate(controls, { routes: ["/checkout"] });
app.addHook("onRequest", gate.fastify()); // Express: app.use(gate.express())`;

/** From so many services on, a field finds one. */
const manyServices = 4;

/** What operators can switch in an outage, what waits, and how the services do meanwhile. */
export function Controls() {
  const { data, error, refetch } = useQuery(controlsQuery);
  const canSet = useUser()?.role !== "viewer";
  const [opened, setOpened] = useState<"add" | null>(null);
  const [search, setSearch] = useAddress();
  const wanted = search.get("service") ?? "";
  const find = (text: string) => setSearch({ service: text || null });
  const add = (
    <Button
      leftSection={<IconPlus size={16} stroke={1.7} aria-hidden />}
      onClick={() => setOpened("add")}
    >
      Add a service
    </Button>
  );
  const all = data?.services ?? [];
  const shown = all.filter(({ service }) => service.includes(wanted));
  return (
    <Page title="Controls" wide {...(canSet && all.length > 0 ? { actions: add } : {})}>
      <div className={styles.layout}>
        <div className={styles.main}>
          {data === undefined ? (
            error === null ? (
              <RowsSkeleton rows={8} height={56} />
            ) : (
              <ErrorState error={error} retry={() => void refetch()} />
            )
          ) : all.length === 0 ? (
            <Nothing>{canSet ? add : null}</Nothing>
          ) : (
            <>
              <Standing services={all} />
              <Waiting services={all} requests={data.pending} />
              {all.length < manyServices ? null : (
                <TextInput
                  className={styles.find}
                  aria-label="Find a service"
                  placeholder="Find a service"
                  value={wanted}
                  onChange={(event) => find(event.currentTarget.value)}
                />
              )}
              {shown.map((each) => (
                <ServiceControls
                  key={JSON.stringify([each.service, each.environment])}
                  service={each}
                  pending={data.pending}
                />
              ))}
              {shown.length === 0 ? (
                <p className={styles.note}>No service with controls has “{wanted}” in its name.</p>
              ) : null}
            </>
          )}
        </div>
        <Beside />
      </div>
      {opened === null ? null : <AddService close={() => setOpened(null)} />}
    </Page>
  );
}

/** One sentence: is anything switched? */
function Standing({ services }: { readonly services: readonly ControlledService[] }) {
  const away: readonly Control[] = services.flatMap(({ controls }) => controls.filter(isAway));
  const alarm = away.some(({ dangerous }) => dangerous);
  return (
    <p className={styles.standing}>
      <StateShape state={away.length === 0 ? "clear" : alarm ? "firing" : "pending"} size={18} />
      {away.length === 0
        ? "Every control is as it normally is"
        : `${count(away.length, "control")} ${away.length === 1 ? "is" : "are"} away from normal`}
    </p>
  );
}

function Nothing({ children }: { readonly children: React.ReactNode }) {
  return (
    <EmptyState
      title="No service has controls yet"
      icon={<IconToggleRight size={32} stroke={1.3} />}
    >
      <p>
        Emergency controls are switches that operators set here and that applications follow within
        a second, without a deploy: a kill switch, safe mode, operator takeover, and those that you
        make. Add a service in an environment to give it its three, then let the application read
        them:
      </p>
      <div className={styles.reading}>
        <Command text={reading} label="How an application reads its controls" />
      </div>
      <p>
        The application proves itself by a token that names its service (Settings, tokens). All of
        it is in docs/emergency-controls.md.
      </p>
      {children}
    </EmptyState>
  );
}
