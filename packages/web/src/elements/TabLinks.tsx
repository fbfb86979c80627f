import { useLocation } from "react-router";
import { ScreenLink } from "./ScreenLink.tsx";
import styles from "./TabLinks.module.css";

interface TabLinksProps {
  readonly label: string;
  readonly tabs: readonly { readonly label: string; readonly path: string }[];
}

/** Given once to the chosen tab, so that it moves when another is chosen and not with each drawing. */
function moveIntoSight(tab: HTMLAnchorElement | null): void {
  tab?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** Tabs that are addresses. Where they do not fit, the chosen one is moved into sight. */
export function TabLinks({ label, tabs }: TabLinksProps) {
  const { pathname } = useLocation();
  const isHere = (path: string) => path.split("?", 1)[0] === pathname;
  return (
    <nav aria-label={label} className={styles.tabs}>
      {tabs.map((tab) => (
        <ScreenLink
          key={tab.path}
          to={tab.path}
          className={styles.tab}
          ref={isHere(tab.path) ? moveIntoSight : null}
          aria-current={isHere(tab.path) ? "page" : undefined}
        >
          {tab.label}
        </ScreenLink>
      ))}
    </nav>
  );
}
