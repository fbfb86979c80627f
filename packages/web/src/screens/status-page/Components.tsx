import type { StatusComponent } from "@seaworthy/contract";
import { Button } from "@mantine/core";
import { IconPlus, IconWorld } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useUser } from "../../api/session.ts";
import { tell } from "../../app/notices.ts";
import { paths } from "../../app/paths.ts";
import { EmptyState } from "../../elements/EmptyState.tsx";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { RowsSkeleton } from "../../elements/RowsSkeleton.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import onCall from "../on-call/OnCall.module.css";
import { ComponentMark } from "./ComponentMark.tsx";
import { OverrideDialog } from "./OverrideDialog.tsx";
import { statusPageQuery, useEndOverride } from "./queries.ts";
import { sourceInWords, uptimeInWords } from "./words.ts";

/** The parts of the service that visitors see, by their headings. */
export function Components() {
  const { data, error, refetch } = useQuery(statusPageQuery);
  const canChange = useUser()?.role !== "viewer";
  const [overriding, setOverriding] = useState<StatusComponent | undefined>();
  if (data === undefined)
    return error === null ? (
      <RowsSkeleton rows={5} height={56} />
    ) : (
      <ErrorState error={error} retry={() => void refetch()} />
    );
  const add = (
    <Button
      component={ScreenLink}
      to={paths.newComponent()}
      className={onCall.primary ?? ""}
      leftSection={<IconPlus size={16} stroke={1.7} aria-hidden />}
    >
      Add a component
    </Button>
  );
  if (data.components.length === 0)
    return (
      <EmptyState
        title="Visitors see no components yet"
        icon={<IconWorld size={32} stroke={1.3} />}
      >
        <p>
          A component is what your users would call a part of your service: the shop, sign-in, the
          API. Its state follows alerts or a probe, or you set it by hand.
        </p>
        {canChange ? add : null}
      </EmptyState>
    );
  const groups = [...new Set(data.components.map(({ group }) => group))];
  return (
    <>
      {canChange ? <div className={onCall.bar}>{add}</div> : null}
      {groups.map((group) => (
        <section key={group ?? ""} className={onCall.section} aria-label={group ?? "Components"}>
          <SectionHeading title={group ?? "Components"} />
          <ul className={onCall.list}>
            {data.components
              .filter((component) => component.group === group)
              .map((component) => (
                <Row
                  key={component.id}
                  component={component}
                  canChange={canChange}
                  override={() => setOverriding(component)}
                />
              ))}
          </ul>
        </section>
      ))}
      {overriding === undefined ? null : (
        <OverrideDialog component={overriding} close={() => setOverriding(undefined)} />
      )}
    </>
  );
}

function Row({
  component,
  canChange,
  override,
}: {
  readonly component: StatusComponent;
  readonly canChange: boolean;
  readonly override: () => void;
}) {
  const end = useEndOverride();
  const { name, state, note, override: word } = component;
  const until = word?.until == null ? "" : ` until ${new Date(word.until).toLocaleString()}`;
  const why = word === null ? note : `Set by ${word.by}${until}${note === "" ? "" : `: ${note}`}`;
  return (
    <li className={onCall.item}>
      <span className={onCall.what}>
        <span>
          <span className={onCall.strong}>{name}</span> <ComponentMark state={state} />
        </span>
        <span className={onCall.muted}>
          {why === "" ? "" : `${why} · `}
          {sourceInWords(component)} · {uptimeInWords(component)}
        </span>
      </span>
      {canChange ? (
        <span className={onCall.actions}>
          {word === null ? (
            <Button
              size="xs"
              variant="default"
              aria-label={`Set state of ${name}`}
              onClick={override}
            >
              Set state
            </Button>
          ) : (
            <Button
              size="xs"
              variant="default"
              loading={end.isPending}
              aria-label={`End override of ${name}`}
              onClick={() =>
                end.mutate(
                  { params: { id: component.id } },
                  { onError: (error) => tell("failed", error.message) },
                )
              }
            >
              End override
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            component={ScreenLink}
            to={paths.component(component.id)}
            aria-label={`Change ${name}`}
          >
            Change
          </Button>
        </span>
      ) : null}
    </li>
  );
}
