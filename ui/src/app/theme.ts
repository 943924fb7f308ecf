import { Anchor, createTheme, type CSSVariablesResolver, Modal, Table, Tooltip } from "@mantine/core";

// Darker shades than Mantine's own: its defaults have less contrast than WCAG 2.2 AA asks for.
export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, monospace",
  // Much is read side by side here: a little smaller than a page of text.
  fontSizes: { md: "0.9375rem" },
  defaultRadius: "sm",
  respectReducedMotion: true, // of the reader's system
  components: {
    // A link in a text is known by more than its color.
    Anchor: Anchor.extend({ defaultProps: { underline: "always" } }),
    Tooltip: Tooltip.extend({ defaultProps: { events: { hover: true, focus: true, touch: true }, withArrow: true } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: "xs", highlightOnHover: true } }),
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { "aria-label": "Close" }, centered: true } }),
  },
});

const RED = { "--mantine-color-red-filled": "var(--mantine-color-red-9)", "--mantine-color-red-filled-hover": "var(--mantine-color-red-8)" };

/** Mantine's dimmed text has a contrast of 3.3 to 1 on white, its errors at fields one of 3.3, its red buttons one of 3.8, its links in the dark one of 3.8 on a marked row. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { "--mantine-color-dimmed": "var(--mantine-color-gray-7)", "--mantine-color-error": "var(--mantine-color-red-9)", ...RED },
  dark: { ...RED, "--mantine-color-error": "var(--mantine-color-red-4)", "--mantine-color-dimmed": "var(--mantine-color-dark-1)", "--mantine-color-anchor": "var(--mantine-color-indigo-3)" },
});
