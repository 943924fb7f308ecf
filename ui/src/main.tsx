import "@mantine/core/styles.layer.css";
import "@mantine/notifications/styles.layer.css";
import "./app/app.css";

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { createRoot } from "react-dom/client";

import { App } from "./app/App";
import { nonce } from "./app/nonce";
import { preloadPage } from "./app/router";
import { cssVariables, theme } from "./app/theme";

// react-remove-scroll, which Mantine's dialogs use, takes the nonce of its style elements from here alone.
Object.assign(globalThis, { __webpack_nonce__: nonce() });

preloadPage();
createRoot(document.getElementById("root") as HTMLElement).render(
  <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={nonce} cssVariablesResolver={cssVariables}>
    <Notifications position="bottom-right" />
    <App />
  </MantineProvider>,
);
