import { defineConfig } from "vite";

export default defineConfig({
  // server/http/graphiql.py serves the assets here.
  base: "/static/ui/",
  // The graphql worker imports prettier on demand, which only module workers can.
  worker: { format: "es" },
  build: {
    // A part of the Python package: the wheel has it.
    outDir: "../server/static/ui",
    emptyOutDir: true,
    target: "es2022",
    // An inline script or a data: module would need holes in the Content-Security-Policy.
    modulePreload: { polyfill: false },
    // Monaco is one editor: it is large, and it is loaded once and cached for good.
    chunkSizeWarningLimit: 6000,
    rolldownOptions: {
      input: ["graphiql.html"],
      // "use client" marks server components, which there are none of here: dozens of lines, nothing to do.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
});
