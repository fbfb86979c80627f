import { useQuery } from "@tanstack/react-query";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { Ago } from "../../elements/Ago.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { useNow } from "../../time/use-now.ts";
import { count } from "../../values/quantity.ts";
import { dueInWords } from "./due-in-words.ts";
import styles from "./PostMortems.module.css";
import { postMortemsQuery } from "./queries.ts";

/** Which post-mortems are due, and what all of them leave to be done. */
export function PostMortemList() {
  const { data, error, refetch } = useQuery(postMortemsQuery);
  const now = useNow(60_000);
  if (data === undefined)
    return (
      <Page title="Post-mortems">
        {error === null ? (
          <RowsSkeleton rows={6} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )}
      </Page>
    );
  const open = data.actions.filter(({ doneAt }) => doneAt === null).length;
  return (
    <Page title="Post-mortems">
      {data.postMortems.length === 0 ? (
        <EmptyState title="No post-mortem is due">
          <p>They are asked for when an incident that is bad enough has ended.</p>
        </EmptyState>
      ) : (
        <ul className={styles.list} aria-label="Post-mortems">
          {data.postMortems.map((one) => (
            <li key={one.number}>
              <ScreenLink to={paths.postMortem(one.number)} className={styles.row}>
                <span className={styles.what}>
                  #{one.number} {one.title}
                </span>
                <span className={styles.who}>
                  {one.severity} ·{" "}
                  {one.state === "complete" ? (
                    "complete"
                  ) : (
                    <>
                      {one.state === "missing" ? "nothing written" : "draft"},{" "}
                      {Date.parse(one.dueAt) < now ? "overdue since" : "due"} <Ago at={one.dueAt} />
                    </>
                  )}
                  {one.publishedAt === null ? "" : " · public"}
                </span>
              </ScreenLink>
            </li>
          ))}
        </ul>
      )}
      {data.actions.length === 0 ? null : (
        <section aria-label="Actions" className={styles.actions}>
          <SectionHeading
            title="Actions"
            note={`${open} of ${count(data.actions.length, "action")} open`}
          />
          <ul className={styles.list}>
            {data.actions.map((action) => (
              <li key={action.id}>
                <ScreenLink to={paths.postMortem(action.number)} className={styles.row}>
                  <span className={styles.what}>{action.text}</span>
                  <span className={styles.who}>
                    #{action.number} · {action.owner ?? "nobody yet"} · {dueInWords(action, now)}
                  </span>
                </ScreenLink>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}
