import type { InputOf, saveStatusPage, StatusPage } from "@seaworthy/contract";
import { Button, FileButton, NativeSelect, Switch, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { tell } from "../../app/notices.ts";
import { Command } from "../../elements/Command.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import onCall from "../on-call/OnCall.module.css";
import { FormError } from "../sign-in/FormError.tsx";
import { statusPageQuery, useSaveLogo, useSavePage } from "./queries.ts";

const MAX_LOGO = 256 * 1024;

/** What the page is called, how it looks, and who may see it. */
export function Appearance() {
  const { data, error, refetch } = useQuery(statusPageQuery);
  const [token, setToken] = useState<string | undefined>();
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={6} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  return (
    <>
      {token === undefined ? null : (
        <div role="status" className={onCall.fact}>
          <p>This link opens the page. It is shown this once:</p>
          <Command label="The link" text={`${data.url}?token=${token}`} />
        </div>
      )}
      <AppearanceForm key={data.version} page={data} showToken={setToken} />
    </>
  );
}

type Access = StatusPage["access"];

function AppearanceForm({
  page,
  showToken,
}: {
  readonly page: StatusPage;
  readonly showToken: (token: string | undefined) => void;
}) {
  const { settings } = page;
  const canChange = useUser()?.role !== "viewer";
  const [name, setName] = useState(settings.name);
  const [description, setDescription] = useState(settings.description);
  const [accent, setAccent] = useState(settings.accent);
  const [supportUrl, setSupportUrl] = useState(settings.supportUrl);
  const [subscriptions, setSubscriptions] = useState(settings.subscriptions);
  const [access, setAccess] = useState<Access>(page.access);
  const [password, setPassword] = useState("");
  const save = useSavePage();
  const lacksPassword = access === "password" && page.access !== "password" && password.length < 8;

  function accessChange(): NonNullable<InputOf<typeof saveStatusPage>["body"]>["access"] {
    if (access === "password" && password !== "") return { kind: "password", password };
    if (access === page.access || access === "password") return undefined;
    return { kind: access };
  }

  return (
    <form
      className={onCall.form}
      onSubmit={(event) => {
        event.preventDefault();
        const next = {
          name: name.trim(),
          description: description.trim(),
          accent,
          supportUrl: supportUrl.trim(),
          subscriptions,
        };
        const change = accessChange();
        save.mutate(
          {
            body: {
              version: page.version,
              settings: next,
              ...(change === undefined ? {} : { access: change }),
            },
          },
          { onSuccess: (answer) => showToken(answer.token ?? undefined) },
        );
      }}
    >
      {save.error === null ? null : <FormError error={save.error} />}
      <TextInput
        label="Name"
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label="Description"
        autosize
        maxLength={1000}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <TextInput
        type="color"
        label="Accent"
        description="Made darker or lighter where text in it could not be read"
        value={accent}
        onChange={(event) => setAccent(event.currentTarget.value)}
      />
      <TextInput
        label="Where visitors get help"
        placeholder="https://example.com/help"
        value={supportUrl}
        onChange={(event) => setSupportUrl(event.currentTarget.value)}
      />
      <Switch
        label="Visitors may subscribe"
        checked={subscriptions}
        onChange={(event) => setSubscriptions(event.currentTarget.checked)}
      />
      <NativeSelect
        label="Who may see it"
        data={[
          { value: "public", label: "Everybody" },
          { value: "password", label: "Who knows the password" },
          { value: "token", label: "Who has the link with the token" },
        ]}
        value={access}
        onChange={(event) => setAccess(event.currentTarget.value as Access)}
      />
      {access === "password" ? (
        <TextInput
          type="password"
          label={page.access === "password" ? "New password" : "Password"}
          description="At least 8 characters"
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      ) : null}
      {canChange ? (
        <div className={onCall.end}>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={name.trim() === "" || lacksPassword}
          >
            Save
          </Button>
        </div>
      ) : null}
      {canChange ? <Logo page={page} /> : null}
    </form>
  );
}

function Logo({ page }: { readonly page: StatusPage }) {
  const save = useSaveLogo();
  const failed = (error: Error) => tell("failed", error.message);
  async function upload(file: File | null): Promise<void> {
    if (file === null) return;
    if (file.size > MAX_LOGO) {
      tell("failed", "The logo is larger than 256 KiB.");
      return;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const base64 = btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(""));
    save.mutate({ body: { base64 } }, { onError: failed });
  }
  return (
    <section aria-label="Logo">
      <SectionHeading title="Logo" note={page.hasLogo ? "set" : "none"} />
      <div className={onCall.actions}>
        <FileButton
          accept="image/png,image/jpeg,image/gif,image/webp"
          onChange={(file) => void upload(file)}
        >
          {(props) => (
            <Button {...props} variant="default" loading={save.isPending}>
              Choose a picture
            </Button>
          )}
        </FileButton>
        {page.hasLogo ? (
          <Button
            variant="default"
            onClick={() => save.mutate({ body: { base64: null } }, { onError: failed })}
          >
            Take it away
          </Button>
        ) : null}
      </div>
      <p className={onCall.muted}>PNG, JPEG, GIF or WebP, at most 256 KiB.</p>
    </section>
  );
}
