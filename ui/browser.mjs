// Opens a page in headless Chromium, and prints as JSON what it does: for tests/server/browser.
//
//   node browser.mjs URL STEPS        CHROMIUM=/path/to/chromium to use another browser
//
// STEPS is a JSON list of [name, ...arguments]: ["fill", selector, text], ["type", selector, text], ["click", selector], ["wait", selector],
// ["press", selector, selector of what it shows], ["reload"], ["eval", expression], ["shot", file]. The results of "eval" and the console's lines are printed.
import { chromium } from "playwright-core";

import { launchOptions } from "./chromium.mjs";

const [url, steps] = process.argv.slice(2);
const browser = await chromium.launch(launchOptions);
const lines = [];
const results = [];
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(20_000);
  page.on("console", (message) => lines.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => lines.push(`exception: ${error.message}`));
  const actions = {
    fill: (selector, text) => page.locator(selector).fill(text),
    type: async (selector, text) => {
      await page.locator(selector).click();
      await page.keyboard.insertText(text);
    },
    click: (selector) => page.locator(selector).click(),
    wait: (selector) => page.locator(selector).first().waitFor(),
    // A button that does nothing until the page is ready is clicked again.
    press: async (selector, shown) => {
      for (let attempt = 0; attempt < 8; attempt += 1) {
        await page.locator(selector).click();
        const found = page.locator(shown).first().waitFor({ timeout: 4_000 });
        if (await found.then(() => true, () => false)) return;
      }
      throw new Error(`${selector} does not show ${shown}`);
    },
    reload: () => page.reload(),
    eval: async (expression) => results.push(await page.evaluate(expression)),
    shot: (path) => page.screenshot({ path }),
  };
  await page.goto(url);
  for (const [name, ...given] of JSON.parse(steps)) await actions[name](...given);
} finally {
  console.log(JSON.stringify({ results, console: lines }));
  await browser.close();
}
