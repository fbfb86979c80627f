import { Button } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Outlet } from "react-router";
import { Page } from "../../app/Page.tsx";
import { paths } from "../../app/paths.ts";
import { TabLinks } from "../../elements/TabLinks.tsx";
import { statusPageQuery } from "./queries.ts";
import styles from "./StatusPage.module.css";
import { subscribersInWords } from "./words.ts";

const tabs = [
  { label: "Components", path: paths.statusPage() },
  { label: "Announcements", path: paths.announcements() },
  { label: "Appearance", path: paths.statusAppearance() },
];

/** What visitors see of the service, and how it is kept. */
export function StatusTabs() {
  const { data } = useQuery(statusPageQuery);
  return (
    <Page
      title="Status page"
      actions={
        data === undefined ? undefined : (
          <Button
            component="a"
            href={data.url}
            target="_blank"
            rel="noreferrer"
            variant="default"
            rightSection={<IconExternalLink size={15} stroke={1.7} aria-hidden />}
          >
            See it as visitors do
          </Button>
        )
      }
    >
      {data === undefined ? null : (
        <p className={styles.summary}>
          {data.description} · {subscribersInWords(data.subscribers)}
        </p>
      )}
      <TabLinks label="Status page" tabs={tabs} />
      <Outlet />
    </Page>
  );
}
