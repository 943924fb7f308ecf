// Tests of the pages in the machine's Chromium, against a server that tests/server/dashboard/specs.py starts.
import { defineConfig } from "@playwright/test";

import { launchOptions } from "./chromium.mjs";

export default defineConfig({
  testDir: "tests",
  outputDir: process.env.PLAYWRIGHT_OUTPUT ?? "/tmp/registry-playwright",
  workers: 1,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: "line",
  use: {
    baseURL: process.env.BASE_URL ?? "http://127.0.0.1:8003",
    viewport: { width: 1280, height: 900 },
    actionTimeout: 15_000,
    screenshot: "only-on-failure",
    launchOptions,
  },
});
