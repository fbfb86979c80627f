import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** The accent's shades; what is seen comes from tokens.css, these serve Mantine's own arithmetic. */
const harbour: MantineColorsTuple = [
  "#e9effc",
  "#d2dff9",
  "#a8c1ff",
  "#8fb0ff",
  "#6790f0",
  "#3f70de",
  "#2556c9",
  "#1e48ab",
  "#173a8c",
  "#102b6b",
];

export const theme = createTheme({
  colors: { harbour },
  primaryColor: "harbour",
  primaryShade: { light: 6, dark: 3 },
  autoContrast: true,
  fontFamily: "var(--font-text)",
  fontFamilyMonospace: "var(--font-code)",
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  components: {
    Button: {
      defaultProps: { size: "sm" },
      styles: { root: { fontWeight: 550 } },
      vars: (_theme: unknown, { variant = "filled" }: { variant?: string }) => ({
        root:
          variant === "filled"
            ? { "--button-color": "var(--on-accent)" }
            : variant === "subtle"
              ? { "--button-color": "var(--accent)", "--button-hover": "var(--accent-soft)" }
              : {},
      }),
    },
    Tooltip: {
      defaultProps: {
        openDelay: 300,
        withinPortal: true,
        events: { hover: true, focus: true, touch: true },
      },
      styles: { tooltip: { fontSize: 12, maxWidth: 360 } },
    },
    Popover: { defaultProps: { shadow: "none" } },
    Menu: { defaultProps: { shadow: "none", position: "bottom-end" } },
    ModalRoot: { defaultProps: { transitionProps: { duration: 120 } } },
  },
});
