import type { StatusPost } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconSpeakerphone } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { Ago } from "../../elements/Ago.tsx";
import { ConfirmTyped } from "../../elements/ConfirmTyped.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import onCall from "../on-call/OnCall.module.css";
import { AnnounceDialog } from "./AnnounceDialog.tsx";
import { statusPageQuery, useDeletePost } from "./queries.ts";
import styles from "./StatusPage.module.css";
import { UpdateDialog } from "./UpdateDialog.tsx";
import { inWords } from "./words.ts";

/** What visitors are told: incidents and maintenance, what is open first. */
export function Announcements() {
  const { data, error, refetch } = useQuery(statusPageQuery);
  const canChange = useUser()?.role !== "viewer";
  const [making, setMaking] = useState<"incident" | "maintenance" | undefined>();
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={4} height={72} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  const buttons = (
    <>
      <Button variant="default" onClick={() => setMaking("maintenance")}>
        Plan maintenance
      </Button>
      <Button onClick={() => setMaking("incident")}>Announce an incident</Button>
    </>
  );
  const open = data.posts.filter(({ resolvedAt }) => resolvedAt === null);
  const past = data.posts.filter(({ resolvedAt }) => resolvedAt !== null);
  const section = (title: string, posts: readonly StatusPost[]) =>
    posts.length === 0 ? null : (
      <section className={onCall.section} aria-label={title}>
        <SectionHeading title={title} />
        {posts.map((post) => (
          <Post key={post.id} post={post} canChange={canChange} />
        ))}
      </section>
    );
  return (
    <>
      {data.posts.length === 0 ? (
        <EmptyState
          title="Nothing was announced in 90 days"
          icon={<IconSpeakerphone size={32} stroke={1.3} />}
        >
          <p>
            When something is wrong, say so before visitors ask: what they notice, what you know,
            and when you will say more. Maintenance begins and ends by itself at the times you plan.
          </p>
          {canChange ? <div className={onCall.actions}>{buttons}</div> : null}
        </EmptyState>
      ) : (
        <>
          {canChange ? <div className={onCall.bar}>{buttons}</div> : null}
          {section("Open", open)}
          {section("Past 90 days", past)}
        </>
      )}
      {making === undefined ? null : (
        <AnnounceDialog kind={making} page={data} close={() => setMaking(undefined)} />
      )}
    </>
  );
}

function Post({ post, canChange }: { readonly post: StatusPost; readonly canChange: boolean }) {
  const [dialog, setDialog] = useState<"update" | "remove" | undefined>();
  const remove = useDeletePost();
  const latest = post.updates[0];
  const close = () => setDialog(undefined);
  const when =
    post.startsAt === null || post.endsAt === null
      ? null
      : `${new Date(post.startsAt).toLocaleString()} to ${new Date(post.endsAt).toLocaleString()}`;
  return (
    <article className={styles.post} aria-label={post.title}>
      <div className={onCall.what}>
        <span className={onCall.strong}>{post.title}</span>
        <span className={onCall.muted}>
          {inWords(post.state)} · <Ago at={post.updatedAt} />
          {when === null ? null : ` · ${when}`}
        </span>
        {latest === undefined ? null : <p className={styles.update}>{latest.body}</p>}
      </div>
      {canChange ? (
        <div className={onCall.actions}>
          <Button
            size="xs"
            variant="default"
            aria-label={`Update ${post.title}`}
            onClick={() => setDialog("update")}
          >
            Update
          </Button>
          <Button
            size="xs"
            variant="default"
            aria-label={`Remove ${post.title}`}
            onClick={() => setDialog("remove")}
          >
            Remove
          </Button>
        </div>
      ) : null}
      {dialog === "update" ? <UpdateDialog post={post} close={close} /> : null}
      {dialog === "remove" ? (
        <ConfirmTyped
          title={`Remove ${post.title}`}
          name={post.title}
          action="Remove"
          isPending={remove.isPending}
          close={close}
          confirm={() => remove.mutate({ params: { id: post.id } }, { onSuccess: close })}
        >
          <p>It vanishes from the page and its history, as if it had never been said.</p>
        </ConfirmTyped>
      ) : null}
    </article>
  );
}
