import "./workers.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createRoot } from "react-dom/client";

import { examples } from "./examples.js";
import { storage } from "./storage.js";
import { connectionParams, fetchWithToken } from "./token.js";
import { TokenField } from "./token-field.jsx";

// The GraphQL endpoint serves this page, so the page's address is the endpoint's address, also behind a prefix.
const url = new URL(location.pathname, location.origin);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const fetcher = createGraphiQLFetcher({
  url: url.href,
  fetch: fetchWithToken,
  // Each subscription opens its own graphql-transport-ws socket, with the request headers as connection params.
  subscriptionUrl: subscriptionUrl.href,
  wsConnectionParams: connectionParams,
  // The server sends no multipart parts; without this the Accept header would ask for them.
  enableIncrementalDelivery: false,
});
const plugins = [explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN];

createRoot(document.getElementById("graphiql")).render(
  // GraphiQL uses defaultTabs only when the browser has no stored tabs.
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    storage={storage}
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
    defaultTabs={examples}
    defaultEditorToolsVisibility="variables"
  >
    <GraphiQL.Logo>
      <TokenField />
      <a href={new URL(".", url).href} title="Open the dashboard">Model Registry</a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
