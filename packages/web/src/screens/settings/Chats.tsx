import type { Chat } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconMessages, IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Ago } from "../../elements/Ago.tsx";
import { Command } from "../../elements/Command.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { StateMark } from "../../elements/StateMark.tsx";
import { count } from "../../values/quantity.ts";
import { chatsQuery, useTestChat } from "./queries.ts";
import styles from "./Settings.module.css";

const sample = `chat:
  slack:
    bot_token_file: slack-bot-token
    signing_secret_file: slack-signing-secret
    channel: C0123456789`;

/** The chats that incidents are told in, and whether that works: tested by a message at any time. */
export function Chats() {
  const { data, error, refetch } = useQuery(chatsQuery);
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={3} height={64} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  if (data.chats.length === 0)
    return (
      <EmptyState
        title="No chat is told of incidents"
        icon={<IconMessages size={32} stroke={1.3} />}
      >
        <p>
          In Slack each incident gets a channel, with buttons to take it on; Teams and Discord are
          told. Set one up in seaworthy.yml (docs/slack.md says how), and start again.
        </p>
        <Command label="Chat" text={sample} />
      </EmptyState>
    );
  return data.chats.map((chat) => <ChatSection key={chat.name} chat={chat} />);
}

const names = { slack: "Slack", teams: "Microsoft Teams", discord: "Discord" } as const;
const words = { up: "Works", failed: "Failing", unknown: "Not used yet" } as const;

function ChatSection({ chat }: { readonly chat: Chat }) {
  const { name, channel, sentAt, heardAt, failedAt, error, failing } = chat;
  const test = useTestChat();
  const state = error !== null ? "failed" : sentAt === null ? "unknown" : "up";
  const label = names[name];
  return (
    <section aria-label={label}>
      <SectionHeading title={label} note={channel === null ? undefined : <>channel {channel}</>}>
        <Button
          size="xs"
          variant="default"
          aria-label={`Send a test to ${label}`}
          leftSection={<IconSend size={15} stroke={1.7} aria-hidden />}
          loading={test.isPending}
          onClick={() => test.mutate(name)}
        >
          Send a test
        </Button>
      </SectionHeading>
      <div className={styles.chat}>
        <p className={styles.chatFacts}>
          <StateMark state={state} word={words[state]} />
          <Fact word="last told" at={sentAt} />
          {name === "slack" ? <Fact word="last heard" at={heardAt} /> : null}
          {failedAt === null ? null : <Fact word="last failed" at={failedAt} />}
        </p>
        {failing === 0 ? null : (
          <p>
            <StateMark state="waiting" word={`${count(failing, "incident")} cannot be told of`} />
          </p>
        )}
        {error === null ? null : <p className={styles.fault}>{error}</p>}
        <div role="status">
          {test.data === undefined ? null : test.data.error === null ? (
            <StateMark state="sent" word="The test message was posted" />
          ) : (
            <p className={styles.fault}>The test message was not posted: {test.data.error}</p>
          )}
        </div>
        {test.error === null ? null : (
          <ErrorState error={test.error} retry={() => test.mutate(name)} />
        )}
      </div>
    </section>
  );
}

function Fact({ word, at }: { readonly word: string; readonly at: string | null }) {
  return (
    <span className={styles.detail}>
      {word} {at === null ? "never" : <Ago at={at} />}
    </span>
  );
}
