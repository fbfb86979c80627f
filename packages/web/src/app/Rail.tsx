import { useLocation } from "react-router";
import { ScreenLink } from "../elements/ScreenLink.tsx";
import { AccountMenu } from "./AccountMenu.tsx";
import { destinations, isHere, type Destination } from "./destinations.ts";
import { Logo } from "./Logo.tsx";
import { paths } from "./paths.ts";
import styles from "./Rail.module.css";
import { useStateCounts } from "./state-counts.ts";

/** The left rail: where one can go, and how many things burn there. */
export function Rail() {
  const { pathname } = useLocation();
  const counts = useStateCounts();
  return (
    <nav className={styles.rail} aria-label="Main">
      <ScreenLink to={paths.overview()} className={styles.brand} aria-label="Seaworthy, overview">
        <Logo />
        <span className={styles.label}>Seaworthy</span>
      </ScreenLink>
      <ul className={styles.list}>
        {destinations.map((destination) => (
          <li key={destination.path}>
            <RailEntry
              destination={destination}
              here={isHere(destination, pathname)}
              count={counts[destination.path]}
            />
          </li>
        ))}
      </ul>
      <AccountMenu />
    </nav>
  );
}

interface RailEntryProps {
  readonly destination: Destination;
  readonly here: boolean;
  readonly count: { readonly n: number; readonly what: string } | undefined;
}

function RailEntry({ destination, here, count }: RailEntryProps) {
  return (
    <ScreenLink
      to={destination.path}
      className={styles.entry}
      aria-current={here ? "page" : undefined}
      title={destination.label}
    >
      <destination.icon size={18} stroke={1.6} aria-hidden />
      <span className={styles.label}>{destination.label}</span>
      {count === undefined || count.n === 0 ? null : (
        <span className={styles.count} aria-label={`${count.n} ${count.what}`}>
          {count.n}
        </span>
      )}
    </ScreenLink>
  );
}
