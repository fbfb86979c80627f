import { exportPostMortem, type PostMortem } from "@seaworthy/contract";
import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import { ApiError, call } from "../../api/call.ts";
import { useUser } from "../../api/session.ts";
import { tell } from "../../app/notices.ts";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { download } from "../../elements/download.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { Markdown } from "../../elements/Markdown.tsx";
import { PageHeading } from "../../elements/PageHeading.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { Actions } from "./Actions.tsx";
import styles from "./PostMortems.module.css";
import { postMortemQuery, useBegin, useComplete, usePublish, useSave } from "./queries.ts";

/** The post-mortem of one incident: read, written, completed, taken away. */
export function PostMortemPage() {
  const { number = "" } = useParams();
  const { data, error, refetch } = useQuery(postMortemQuery(number));
  if (data !== undefined) return <Written key={number} postMortem={data} />;
  if (error instanceof ApiError && error.code === "post_mortem_not_found")
    return <Missing number={number} />;
  return (
    <Page title="Post-mortem">
      {error === null ? (
        <RowsSkeleton rows={10} />
      ) : (
        <ErrorState error={error} retry={() => void refetch()} />
      )}
    </Page>
  );
}

function Missing({ number }: { readonly number: string }) {
  const begin = useBegin();
  const canWrite = useUser()?.role !== "viewer";
  return (
    <Page title={`Post-mortem of incident #${number}`}>
      <EmptyState title="Nobody has begun to write">
        <p>The draft is made from the timeline, with what was measured of the impact.</p>
        {canWrite ? (
          <Button
            loading={begin.isPending}
            onClick={() => begin.mutate({ params: { id: number } })}
          >
            Draft it from the timeline
          </Button>
        ) : null}
        <ScreenLink to={paths.incident(number)} className="link">
          Back to the incident
        </ScreenLink>
      </EmptyState>
    </Page>
  );
}

function Written({ postMortem }: { readonly postMortem: PostMortem }) {
  const { number, version } = postMortem;
  const params = { id: String(number) };
  const user = useUser();
  const canWrite = user?.role !== "viewer";
  const [draft, setDraft] = useState<{ body: string; version: number } | null>(null);
  const [view, setView] = useState("read");
  const save = useSave();
  const complete = useComplete();
  const publish = usePublish();
  const isComplete = postMortem.completedAt !== null;
  const isConflict = draft !== null && draft.version !== version && draft.body !== postMortem.body;
  const take = () =>
    void call(exportPostMortem, { params }).then(
      ({ markdown }) => download(`post-mortem-${number}.md`, "text/markdown", markdown),
      (error: Error) => tell("failed", error.message),
    );
  return (
    <Page
      title={`Post-mortem #${number}`}
      heading={
        <PageHeading
          back={{ to: paths.postMortems(), label: "Post-mortems" }}
          title={`Post-mortem of #${number}`}
          link={paths.postMortem(number)}
          summary={postMortem.title}
          action={
            canWrite ? (
              <Button
                variant={isComplete ? "default" : "filled"}
                loading={complete.isPending}
                onClick={() => complete.mutate({ params, body: { complete: !isComplete } })}
              >
                {isComplete ? "Open it again" : "Mark as complete"}
              </Button>
            ) : null
          }
        >
          <li>
            {isComplete ? (
              <>
                complete <Ago at={postMortem.completedAt ?? ""} />
              </>
            ) : postMortem.dueAt === null ? (
              "draft"
            ) : (
              <>
                draft, due <Ago at={postMortem.dueAt} />
              </>
            )}
          </li>
          <li>
            {postMortem.publishedAt === null ? (
              "not public"
            ) : (
              <a href={`/public/post-mortems/${number}`} className="link">
                public
              </a>
            )}
          </li>
          <li>
            <ScreenLink to={paths.incident(number)} keepRange={false} className="link">
              Incident #{number}
            </ScreenLink>
          </li>
        </PageHeading>
      }
    >
      <div className={styles.bar}>
        {canWrite ? (
          <SegmentedControl
            size="xs"
            aria-label="Read or write"
            data={[
              { value: "read", label: "Read" },
              { value: "write", label: "Write" },
            ]}
            value={view}
            onChange={(chosen) => {
              if (chosen === "write") setDraft((old) => old ?? { body: postMortem.body, version });
              setView(chosen);
            }}
          />
        ) : null}
        <Button size="xs" variant="default" onClick={take}>
          Export as Markdown
        </Button>
        {user?.role === "admin" ? (
          <Button
            size="xs"
            variant="default"
            loading={publish.isPending}
            onClick={() =>
              publish.mutate({ params, body: { published: postMortem.publishedAt === null } })
            }
          >
            {postMortem.publishedAt === null ? "Make it public" : "Take it back"}
          </Button>
        ) : null}
      </div>
      {view === "write" && draft !== null ? (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate(
              { params, body: draft },
              {
                onSuccess: () => {
                  setDraft(null);
                  setView("read");
                },
              },
            );
          }}
        >
          {isConflict ? (
            <section aria-label="Conflict" className={styles.conflict}>
              <p>
                {postMortem.updatedBy} has saved another text meanwhile. Yours is kept below: take
                over what is missing in it, then save it in the place of theirs.
              </p>
              <pre tabIndex={0} aria-label="The text that was saved">
                {postMortem.body}
              </pre>
              <Button
                size="xs"
                variant="default"
                onClick={() => setDraft({ body: draft.body, version })}
              >
                I have compared them
              </Button>
            </section>
          ) : null}
          <Textarea
            label="Markdown"
            autosize
            minRows={16}
            maxRows={40}
            maxLength={60_000}
            value={draft.body}
            onChange={(event) => setDraft({ ...draft, body: event.currentTarget.value })}
            classNames={{ input: styles.text ?? "" }}
          />
          <Button type="submit" loading={save.isPending} disabled={isConflict}>
            Save
          </Button>
        </form>
      ) : (
        <Markdown blocks={withoutTitle(postMortem.blocks)} />
      )}
      <Actions postMortem={postMortem} canWrite={canWrite} />
    </Page>
  );
}

/** The page has a title already. */
const withoutTitle = (blocks: PostMortem["blocks"]) =>
  blocks.filter((block, place) => place > 0 || block.type !== "heading" || block.depth > 1);
