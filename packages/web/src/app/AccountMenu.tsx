import {
  Menu,
  UnstyledButton,
  useMantineColorScheme,
  type MantineColorScheme,
} from "@mantine/core";
import { IconLogout, IconUser } from "@tabler/icons-react";
import { signOut } from "@seaworthy/contract";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { call } from "../api/call.ts";
import { disconnectLive } from "../api/live.ts";
import { queryClient } from "../api/query-client.ts";
import { sessionQuery, useUser } from "../api/session.ts";
import { ScreenLink } from "../elements/ScreenLink.tsx";
import styles from "./AccountMenu.module.css";
import { paths } from "./paths.ts";

const schemes: { value: MantineColorScheme; label: string }[] = [
  { value: "auto", label: "As the device" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

/** Who is signed in, the theme, and the way out. */
export function AccountMenu({ compact = false }: { readonly compact?: boolean }) {
  const user = useUser();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useMutation({
    mutationFn: () => call(signOut, {}),
    onSuccess: async () => {
      disconnectLive();
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, { user: null });
      await navigate(paths.signIn());
    },
  });
  const name = user === null ? "" : user.name || user.email;
  return (
    <Menu
      position={compact ? "bottom-end" : "top-start"}
      width={236}
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <UnstyledButton className={styles.button} aria-label={`Account: ${name}`}>
          <span className={styles.avatar} data-initial={name.slice(0, 1).toUpperCase()} />
          {compact ? null : <span className={styles.name}>{name}</span>}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.who} role="presentation">
          <div className={styles.whoName}>{name}</div>
          <div className={styles.whoMail}>
            {user?.email} · {user?.role}
          </div>
        </div>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) =>
            setColorScheme(schemes.find((s) => s.value === value)?.value ?? "auto")
          }
        >
          {schemes.map(({ value, label }) => (
            <Menu.RadioItem key={value} value={value} closeMenuOnClick={false}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item
          component={ScreenLink}
          to={paths.settings()}
          leftSection={<IconUser size={16} stroke={1.6} aria-hidden />}
        >
          Account
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} stroke={1.6} aria-hidden />}
          onClick={() => leave.mutate()}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
