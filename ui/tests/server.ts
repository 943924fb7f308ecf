// A server of the registry as a process of its own, which a test stops, kills, freezes and starts again at one address.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const START_MS = 60_000;
const PAUSE_MS = 50;

export class Server {
  private process: ChildProcess | undefined;
  private log = "";

  /** `variables`: DATABASE_URL and the settings. */
  constructor(
    readonly address: string,
    private readonly variables: Record<string, string>,
  ) {}

  private get isRunning(): boolean {
    return this.process?.exitCode === null && this.process.signalCode === null;
  }

  /** Starts it unless it runs, with more variables if they are given, and waits until it answers. */
  async start(more: Record<string, string> = {}): Promise<void> {
    if (this.isRunning) return;
    const { PATH = "", PYTHON = "python", HOME = "" } = process.env;
    const own = { REGISTRY_FIRST_CATALOG: "none", REGISTRY_JOBS: "false" };
    const command = ["-m", "server", "serve", "--port", new URL(this.address).port];
    this.process = spawn(PYTHON, command, {
      cwd: ROOT,
      env: { PATH, HOME, ...own, ...this.variables, ...more },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.process.stderr?.on("data", (text: Buffer) => (this.log += text.toString()));
    for (const end = Date.now() + START_MS; !(await this.isReady()); ) {
      if (Date.now() > end || !this.isRunning) throw new Error(`the server does not start:\n${this.log}`);
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.address}/readyz`).then(({ ok }) => ok, () => false);
  }

  freeze(): void {
    this.process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.process?.kill("SIGCONT");
  }

  /** Ends it: by SIGTERM it says good-bye, by SIGKILL it does not. Does nothing when it has ended. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const running = this.process;
    if (!running || !this.isRunning) return;
    const ended = once(running, "exit");
    running.kill("SIGCONT");
    running.kill(signal);
    await ended;
  }
}
