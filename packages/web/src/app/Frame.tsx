import { useEffect } from "react";
import { Outlet, ScrollRestoration, useLocation, useNavigation } from "react-router";
import { connectLive } from "../api/live.ts";
import { BottomBar } from "./BottomBar.tsx";
import { CommandPaletteHost } from "./CommandPaletteHost.tsx";
import styles from "./Frame.module.css";
import { Notices } from "./Notices.tsx";
import { Rail } from "./Rail.tsx";
import { TopBar } from "./TopBar.tsx";

/** What surrounds every screen once somebody is signed in. */
export function Frame() {
  useEffect(connectLive, []);
  const isLoading = useNavigation().state === "loading";
  // Tells which visit is on the page: while the next screen loads, the one before still stands.
  const { key } = useLocation();
  return (
    <div className={styles.frame}>
      <a href="#content" className={styles.skip}>
        Skip to content
      </a>
      <Rail />
      <div className={styles.side}>
        <TopBar />
        <main
          id="content"
          className={styles.content}
          tabIndex={-1}
          aria-busy={isLoading}
          data-visit={key}
        >
          <Outlet />
        </main>
      </div>
      <BottomBar />
      <CommandPaletteHost />
      <Notices />
      <ScrollRestoration getKey={(location) => location.pathname} />
    </div>
  );
}
