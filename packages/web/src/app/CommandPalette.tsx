import { Modal, useMantineColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { alertsQuery } from "../screens/alerts/queries.ts";
import { incidentListQuery } from "../screens/incidents/queries.ts";
import { closeCommandPalette } from "./command-palette-state.ts";
import { useFocusBack } from "../elements/use-focus-back.ts";
import styles from "./CommandPalette.module.css";
import { findCommands, type Command } from "./commands.ts";
import { withSharedParameters } from "./paths.ts";

/** ⌘K: goes anywhere, opens any incident or alert, does what has no button at hand. */
export default function CommandPalette() {
  const [query, setQuery] = useState("");
  const [place, setPlace] = useState(0);
  const incidents = useQuery(incidentListQuery("all")).data?.incidents;
  const alerts = useQuery(alertsQuery).data?.alerts;
  const commands = useMemo(
    () => findCommands(query, incidents ?? [], alerts ?? []),
    [query, incidents, alerts],
  );
  const active = Math.min(place, commands.length - 1);
  const navigate = useNavigate();
  const [present] = useSearchParams();
  const { setColorScheme } = useMantineColorScheme();
  const list = useRef<HTMLUListElement>(null);

  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    closeCommandPalette();
    if (command.theme !== undefined) setColorScheme(command.theme);
    if (command.go !== undefined)
      void navigate(
        command.keepRange === false ? command.go : withSharedParameters(command.go, present),
      );
  };
  const content = useFocusBack();
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && commands.length > 0) {
      event.preventDefault();
      setPlace((active + step + commands.length) % commands.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(commands[active]);
    }
  };

  return (
    <Modal.Root opened onClose={closeCommandPalette} size={600} yOffset="12vh">
      <Modal.Overlay backgroundOpacity={0.35} />
      <Modal.Content ref={content} aria-label="Search and commands">
        <input
          className={styles.input}
          role="combobox"
          aria-expanded
          aria-controls="commands"
          aria-activedescendant={active >= 0 ? `command-${active}` : undefined}
          aria-label="Search or jump to"
          placeholder="Search incidents, alerts and pages, or type PromQL"
          data-autofocus
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setPlace(0);
          }}
          onKeyDown={onKeyDown}
        />
        <ul ref={list} id="commands" role="listbox" aria-label="Results" className={styles.list}>
          {commands.map((command, index) => (
            <li
              key={`${command.group} ${command.key}`}
              id={`command-${index}`}
              role="option"
              aria-selected={index === active}
              className={styles.command}
              onPointerMove={() => setPlace(index)}
              onClick={() => run(command)}
            >
              <span className={styles.group}>
                {commands[index - 1]?.group === command.group ? "" : command.group}
              </span>
              <span className={command.group === "Ask" ? styles.code : styles.title}>
                {command.title}
              </span>
              <span className={styles.note}>{command.note}</span>
            </li>
          ))}
        </ul>
      </Modal.Content>
    </Modal.Root>
  );
}
