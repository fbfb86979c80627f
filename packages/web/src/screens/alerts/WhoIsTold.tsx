import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { paths } from "../../app/paths.ts";
import { ErrorState } from "../../elements/ErrorState.tsx";
import { ScreenLink } from "../../elements/ScreenLink.tsx";
import { SectionHeading } from "../../elements/SectionHeading.tsx";
import { Outcome } from "../routing/Outcome.tsx";
import { explainQuery } from "../routing/queries.ts";
import styles from "./WhoIsTold.module.css";

interface WhoIsToldProps {
  readonly labels: Readonly<Record<string, string>>;
  readonly title?: string;
}

/** Which way an alert takes through the routing tree, drawn, and whom it reaches. */
export function WhoIsTold({ labels, title = "Who is told" }: WhoIsToldProps) {
  const { data, error, refetch } = useQuery(explainQuery(labels));
  return (
    <section aria-label={title}>
      <SectionHeading title={title}>
        <ScreenLink to={paths.routing(labels)} className="link">
          In the tree
        </ScreenLink>
      </SectionHeading>
      <div className={styles.body}>
        {data !== undefined ? (
          <Outcome answer={data} drawPath />
        ) : error === null ? (
          <Skeleton height={140} radius={6} />
        ) : (
          <ErrorState error={error} retry={() => void refetch()} />
        )}
      </div>
    </section>
  );
}
