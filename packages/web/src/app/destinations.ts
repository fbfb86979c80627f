import {
  IconBook,
  IconBell,
  IconChartLine,
  IconFileText,
  IconFlame,
  IconLayoutDashboard,
  IconPhone,
  IconRadar2,
  IconSettings,
  IconTimeline,
  IconToggleRight,
  IconWorld,
  type Icon,
} from "@tabler/icons-react";
import { paths } from "./paths.ts";

export interface Destination {
  readonly label: string;
  readonly path: string;
  readonly icon: Icon;
  /** Pressed after `g`. */
  readonly key: string;
}

/** The places of the left rail, in order. Only what exists is listed. */
export const destinations: readonly Destination[] = [
  { label: "Overview", path: paths.overview(), icon: IconLayoutDashboard, key: "o" },
  { label: "Incidents", path: paths.incidents(), icon: IconFlame, key: "i" },
  { label: "Alerts", path: paths.alerts(), icon: IconBell, key: "a" },
  { label: "Metrics", path: paths.explore(), icon: IconChartLine, key: "m" },
  { label: "Logs", path: paths.logs(), icon: IconFileText, key: "l" },
  { label: "Traces", path: paths.traces(), icon: IconTimeline, key: "r" },
  { label: "On-call", path: paths.onCall(), icon: IconPhone, key: "c" },
  { label: "Controls", path: paths.controls(), icon: IconToggleRight, key: "e" },
  { label: "Runbooks", path: paths.runbooks(), icon: IconBook, key: "b" },
  { label: "Status page", path: paths.statusPage(), icon: IconWorld, key: "p" },
  { label: "Targets", path: paths.targets(), icon: IconRadar2, key: "t" },
  { label: "Settings", path: paths.settings(), icon: IconSettings, key: "s" },
];

/** Whether a destination is where the reader is. */
export function isHere(destination: Destination, pathname: string): boolean {
  return destination.path === "/"
    ? pathname === "/"
    : pathname === destination.path || pathname.startsWith(`${destination.path}/`);
}
