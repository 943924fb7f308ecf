// How tests and scripts start Chromium: without a sandbox, which root cannot have, and without requests of its own.
import { existsSync } from "node:fs";

const DEBIAN = ["/usr/bin/chromium", "/usr/bin/chromium-headless-shell"];

export const launchOptions = {
  executablePath: process.env.CHROMIUM ?? DEBIAN.find((path) => existsSync(path)),
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
