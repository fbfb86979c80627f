import { Menu, UnstyledButton } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useLocation } from "react-router";
import { ScreenLink } from "../elements/ScreenLink.tsx";
import styles from "./BottomBar.module.css";
import { destinations, isHere } from "./destinations.ts";
import { useStateCounts } from "./state-counts.ts";

const first = destinations.slice(0, 4);
const more = destinations.slice(4);

/** On a phone: the first four places and the rest behind "More". */
export function BottomBar() {
  const { pathname } = useLocation();
  const counts = useStateCounts();
  const isMore = more.some((destination) => isHere(destination, pathname));
  return (
    <nav className={styles.bar} aria-label="Main">
      {first.map((destination) => {
        const count = counts[destination.path];
        return (
          <ScreenLink
            key={destination.path}
            to={destination.path}
            className={styles.entry}
            aria-current={isHere(destination, pathname) ? "page" : undefined}
          >
            <span className={styles.icon}>
              <destination.icon size={20} stroke={1.6} aria-hidden />
              {count === undefined || count.n === 0 ? null : (
                <span className={styles.count} aria-label={`${count.n} ${count.what}`}>
                  {count.n}
                </span>
              )}
            </span>
            {destination.label}
          </ScreenLink>
        );
      })}
      <Menu position="top-end" width={200} withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <UnstyledButton className={styles.entry} aria-current={isMore ? "page" : undefined}>
            <IconDots size={20} stroke={1.6} aria-hidden />
            More
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          {more.map((destination) => (
            <Menu.Item
              key={destination.path}
              component={ScreenLink}
              to={destination.path}
              leftSection={<destination.icon size={18} stroke={1.6} aria-hidden />}
            >
              {destination.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </nav>
  );
}
