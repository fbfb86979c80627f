import type { ReactNode } from "react";
import { Page } from "../../app/Page.tsx";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { PageHeading } from "../../elements/PageHeading.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";

interface EditPageProps {
  readonly title: string;
  /** Where all things of the kind are. */
  readonly back: { readonly to: string; readonly label: string };
  /** `missing`: there is no thing with the id of the address. */
  readonly state: "loading" | "missing" | "ready";
  readonly error: Error | null;
  readonly retry: () => void;
  /** One and several, e.g. `schedule` and `schedules`. */
  readonly words: { readonly one: string; readonly all: string };
  readonly children: ReactNode;
}

/** A page on which one thing is made or changed: its heading, and what stands there until it is known. */
export function EditPage(props: EditPageProps) {
  const { title, back, state, error, retry, words, children } = props;
  return (
    <Page title={title} heading={<PageHeading back={back} title={title} />}>
      {state === "ready" ? (
        children
      ) : state === "missing" ? (
        <EmptyState title={`There is no such ${words.one}`}>
          <p>It may have been removed.</p>
          <ScreenLink to={back.to} className="link">
            Show all {words.all}
          </ScreenLink>
        </EmptyState>
      ) : error === null ? (
        <RowsSkeleton rows={6} />
      ) : (
        <ErrorState error={error} retry={retry} />
      )}
    </Page>
  );
}
