export { SettingsTabs as Component } from "./SettingsTabs.tsx";
