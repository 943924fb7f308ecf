// What all tests of pages share: each watches the console and the network, and looks at accessibility.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page, test as base } from "@playwright/test";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

type Fixtures = { expectedProblems: RegExp[] };

/** A test that fails for each error of the console and each request to another host, unless it expects it. */
export const test = base.extend<Fixtures>({
  expectedProblems: async ({}, use) => use([]),
  page: async ({ page, baseURL, expectedProblems }, use) => {
    const problems: string[] = [];
    const host = new URL(baseURL ?? "").host;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) problems.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
    page.on("request", (request) => {
      const asked = new URL(request.url());
      if (!["data:", "blob:"].includes(asked.protocol) && asked.host !== host) problems.push(`foreign: ${request.url()}`);
    });
    await use(page);
    expect(problems.filter((problem) => !expectedProblems.some((expected) => expected.test(problem)))).toEqual([]);
  },
});

export { expect, type Page };

type Violation = { id: string; impact: string | null; nodes: { html: string; failureSummary: string }[] };

/** Fails for each finding of axe-core that is serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  // Evaluated by the debugger, so that the page's Content-Security-Policy does not apply to it.
  await page.evaluate(AXE);
  // What fades in has little contrast for a moment.
  await page.waitForFunction(() =>
    [...document.querySelectorAll("[role=dialog]")].every((dialog) => getComputedStyle(dialog).opacity === "1"),
  );
  // So has what goes over to the color of the other scheme.
  await page.waitForFunction(() => document.getAnimations().every((each) => !(each instanceof CSSTransition)));
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (where: Document) => Promise<{ violations: Violation[] }> } };
    return (await axe.run(document)).violations;
  });
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`)])).toEqual([]);
}

/** Opens a page in both color schemes and at three widths, looks at accessibility, and saves pictures if asked to. */
export async function expectWellShown(page: Page, name: string): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [360, 1280, 3840]) {
      await page.setViewportSize({ width, height: width === 3840 ? 2160 : 900 });
      await expectNoSidewaysScroll(page);
      await picture(page, `${name}-${scheme}-${width}`);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await expectAccessible(page);
  }
}

/** The page itself never scrolls sideways; wide tables scroll by themselves. */
async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(wide).toBeLessThanOrEqual(seen as number);
}

/** Saves a picture into the folder that PICTURES names. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.PICTURES;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

/** Asks the API directly: to prepare data, and to see what a write has stored. */
export async function api<Data>(page: Page, query: string, variables: object = {}): Promise<Data> {
  const headers: Record<string, string> = process.env.TOKEN ? { authorization: `Bearer ${process.env.TOKEN}` } : {};
  const response = await page.request.post("/graphql", { data: { query, variables }, headers });
  const answer = (await response.json()) as { data?: Data; errors?: unknown };
  expect(answer.errors).toBeUndefined();
  return answer.data as Data;
}
