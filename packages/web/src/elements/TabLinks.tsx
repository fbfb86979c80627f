import { useEffect, useRef } from "react";
import { useLocation } from "react-router";
import { ScreenLink } from "./ScreenLink.tsx";
import styles from "./TabLinks.module.css";

interface TabLinksProps {
  readonly label: string;
  readonly tabs: readonly { readonly label: string; readonly path: string }[];
}

/** Tabs that are addresses. Where they do not fit, the chosen one is moved into sight. */
export function TabLinks({ label, tabs }: TabLinksProps) {
  const { pathname } = useLocation();
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    bar.current
      ?.querySelector("[aria-current]")
      ?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <nav ref={bar} aria-label={label} className={styles.tabs}>
      {tabs.map((tab) => (
        <ScreenLink
          key={tab.path}
          to={tab.path}
          className={styles.tab}
          aria-current={pathname === tab.path ? "page" : undefined}
        >
          {tab.label}
        </ScreenLink>
      ))}
    </nav>
  );
}
