import type { ContactMethod } from "@seaworthy/contract";
import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { IconDeviceMobile, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FormEvent } from "react";
import { tell } from "../../app/notices.ts";
import { Dialog } from "../../elements/Dialog.tsx";
import { FormEnd } from "../../elements/FormEnd.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { FormError } from "../sign-in/FormError.tsx";
import styles from "./OnCall.module.css";
import { hereZone } from "./span.ts";
import { useAddWay, useRemoveWay, useTestWay, waysQuery } from "./queries.ts";
import { browserName, obstacle, subscribeHere, unsubscribeHere } from "./this-browser.ts";

const kinds: Readonly<
  Record<ContactMethod["kind"], { readonly name: string; readonly example: string }>
> = {
  email: { name: "E-mail", example: "you@example.com" },
  sms: { name: "Text message", example: "+4930123456" },
  voice: { name: "Telephone", example: "+4930123456" },
  slack: { name: "Slack webhook", example: "https://hooks.slack.com/services/…" },
  webhook: { name: "Webhook", example: "https://example.com/pages" },
  push: { name: "This phone or browser", example: "" },
};

/** By what one is paged oneself: others cannot see or change it. */
export function Ways() {
  const { data, error, refetch } = useQuery(waysQuery);
  const [isAdding, setAdding] = useState(false);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={4} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  const add = (
    <Button
      leftSection={<IconPlus size={16} stroke={1.7} aria-hidden />}
      onClick={() => setAdding(true)}
    >
      Add a way
    </Button>
  );
  return (
    <>
      {data.methods.length === 0 ? (
        <EmptyState
          title="You have named no way of being paged"
          icon={<IconDeviceMobile size={32} stroke={1.3} />}
        >
          <p>
            Where a mail server is configured, pages go to the e-mail that you sign in with. Add
            what wakes you, and send yourself a test page.
          </p>
          {add}
        </EmptyState>
      ) : (
        <>
          <div className={styles.bar}>{add}</div>
          <ul className={styles.list} aria-label="Your ways of being paged">
            {data.methods.map((way) => (
              <Way key={way.id} way={way} />
            ))}
          </ul>
        </>
      )}
      {isAdding ? <AddWay close={() => setAdding(false)} /> : null}
    </>
  );
}

function Way({ way }: { readonly way: ContactMethod }) {
  const test = useTestWay();
  const remove = useRemoveWay();
  const isPush = way.kind === "push";
  const kind = isPush ? "Notification" : kinds[way.kind].name;
  // A browser's address says nothing to people.
  const at = isPush ? (way.name ?? "a browser") : way.address;
  const quiet =
    way.quiet === null
      ? ""
      : `, only P1 from ${way.quiet.from} to ${way.quiet.to} ${way.quiet.timeZone}`;
  return (
    <li className={styles.item}>
      <span className={styles.what}>
        <span>
          <span className={styles.strong}>{kind}</span> {at}
        </span>
        <span className={styles.muted}>
          {way.severities.join(", ")}
          {quiet}
        </span>
        {way.endedAt === null ? null : (
          <span className={styles.nobody}>
            It takes no more pages: the browser has ended its subscription. Add it again there.
          </span>
        )}
        {test.data?.error === undefined || test.data.error === null ? null : (
          <span role="alert" className={styles.nobody}>
            The test page did not go out: {test.data.error}
          </span>
        )}
      </span>
      <span className={styles.actions}>
        <Button
          size="xs"
          variant="default"
          loading={test.isPending}
          disabled={way.endedAt !== null}
          aria-label={`Send a test page by ${kind} to ${at}`}
          onClick={() =>
            test.mutate(
              { params: { id: way.id } },
              {
                onSuccess: ({ error }) => {
                  if (error === null) tell("done", "The test page went out");
                },
                onError: (error) => tell("failed", error.message),
              },
            )
          }
        >
          Test
        </Button>
        <Button
          size="xs"
          variant="default"
          loading={remove.isPending}
          aria-label={`Remove ${kind} ${at}`}
          onClick={() =>
            remove.mutate(
              { params: { id: way.id } },
              { onSuccess: () => (isPush ? void unsubscribeHere(way.address) : undefined) },
            )
          }
        >
          Remove
        </Button>
      </span>
    </li>
  );
}

function AddWay({ close }: { readonly close: () => void }) {
  const [kind, setKind] = useState<ContactMethod["kind"]>("email");
  const [address, setAddress] = useState("");
  const [isQuiet, setQuiet] = useState(false);
  const [from, setFrom] = useState("22:00");
  const [to, setTo] = useState("07:00");
  const [name, setName] = useState(browserName);
  const [refusal, setRefusal] = useState<Error | null>(null);
  const [isAsking, setAsking] = useState(false);
  const add = useAddWay();
  const isPush = kind === "push";
  const lack = isPush ? obstacle() : null;
  const failure = refusal ?? add.error;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setRefusal(null);
    const quiet = isQuiet ? { timeZone: hereZone(), from, to } : null;
    try {
      setAsking(true);
      const body = isPush
        ? { kind, address: await subscribeHere(), name: name.trim(), quiet }
        : { kind, address: address.trim(), quiet };
      add.mutate({ body }, { onSuccess: close });
    } catch (error) {
      setRefusal(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setAsking(false);
    }
  };
  return (
    <Dialog title="Add a way of being paged" close={close}>
      <form className={styles.dialog} onSubmit={(event) => void submit(event)}>
        {failure === null ? null : <FormError error={failure} />}
        <NativeSelect
          label="By"
          data-autofocus
          data={Object.entries(kinds).map(([value, { name }]) => ({ value, label: name }))}
          value={kind}
          onChange={(event) => {
            setKind(event.currentTarget.value as ContactMethod["kind"]);
            setRefusal(null);
          }}
        />
        {isPush ? (
          <ThisBrowser name={name} setName={setName} lack={lack} />
        ) : (
          <TextInput
            label="At"
            required
            withAsterisk={false}
            placeholder={kinds[kind].example}
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
          />
        )}
        <Switch
          label="Only P1 at these hours"
          checked={isQuiet}
          onChange={(event) => setQuiet(event.currentTarget.checked)}
        />
        {isQuiet ? (
          <div className={styles.fields}>
            <TextInput
              type="time"
              label="From"
              required
              withAsterisk={false}
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
            />
            <TextInput
              type="time"
              label="Until"
              required
              withAsterisk={false}
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
            />
          </div>
        ) : null}
        <FormEnd
          close={close}
          loading={add.isPending || isAsking}
          disabled={isPush ? lack !== null || name.trim() === "" : address.trim() === ""}
        >
          Add
        </FormEnd>
      </form>
    </Dialog>
  );
}

/** What is asked about the browser that one holds, or what keeps it from being paged. */
function ThisBrowser({
  name,
  setName,
  lack,
}: {
  readonly name: string;
  readonly setName: (name: string) => void;
  readonly lack: string | null;
}) {
  if (lack !== null) return <p role="status">{lack}</p>;
  return (
    <>
      <TextInput
        label="Called"
        required
        withAsterisk={false}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <p className={styles.muted}>
        The browser asks whether Seaworthy may show notifications: allow it. Pages come while no
        window is open, too, with a button to acknowledge.
      </p>
    </>
  );
}
