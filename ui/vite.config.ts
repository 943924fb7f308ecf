import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

import { compressed } from "./compressed.ts";

// The texts of the page's documents, by their hashes, for the server; the page has the hashes alone.
const manifest: Plugin = {
  name: "manifest-of-documents",
  generateBundle() {
    const source = readFileSync("src/gql/persisted-documents.json", "utf8");
    this.emitFile({ type: "asset", fileName: "documents.json", source });
  },
};

export default defineConfig({
  plugins: [manifest, compressed],
  // server/http/pages.py serves the assets here.
  base: "/static/ui/",
  // server/http/dashboard.py writes one into the page for each response: styles that components create carry it.
  html: { cspNonce: "CSP_NONCE" },
  // The graphql worker of GraphiQL imports prettier on demand, which only module workers can.
  worker: { format: "es" },
  server: { proxy: { "/graphql": { target: "http://127.0.0.1:8003", ws: true } } },
  build: {
    // A part of the Python package: the wheel has it.
    outDir: "../server/static/ui",
    emptyOutDir: true,
    target: "es2022",
    // For older browsers light-dark() would be replaced by variables that Mantine's color schemes do not set.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // An inline script or a data: module would need holes in the Content-Security-Policy.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // Monaco, GraphiQL's editor, is large; it is loaded by GraphiQL alone, once, and cached for good.
    chunkSizeWarningLimit: 6000,
    manifest: "build.json",
    rolldownOptions: {
      input: { dashboard: "index.html", graphiql: "graphiql.html" },
      // "use client" marks server components, which there are none of here: dozens of lines, nothing to do.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
});
