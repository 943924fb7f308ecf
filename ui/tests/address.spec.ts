// An address that a page understands in part is said to be one: by the readers of each parameter, and on each page.
import { READERS } from "../src/app/addresses";
import { leftOut, LIST_MAX, parseSearch, type Reader, type Readers, type Search, searchOf, stringifySearch } from "../src/app/search";
import { expect, expectWellShown, test } from "./page";

const PAGES = Object.entries(READERS) as [string, Readers<Search>][];
const PARAMETERS = PAGES.flatMap(([route, readers]) => Object.entries(readers).map(([name, reader]) => ({ route, name, reader })));

// Any text can be a value of these: the page shows it in its field, and that nothing is found.
const FREE = new Set([
  "/models q", "/models providers", "/models regions", "/compare models", "/prices regions", "/prices model",
  "/retirements provider", "/retirements model", "/routing model", "/routing region", "/routing providers",
  "/routing excludeBindings", "/routing stickyKey", "/retention model", "/audit actors", "/audit model", "/audit event",
]);
const isFree = (route: string, name: string) => FREE.has(`${route} ${name}`);
const addressOf = (route: string) => route.replace("$name", "gpt-4o");

test("each text of each parameter is read, or left out with a word", () => {
  const samples = [
    "NONSENSE", "abc", "-1", "1.5", "1e3", "0x10", " 1", "2026-02-31", "28.11.2026", "99999999999999999999", "TRUE", "__proto__",
  ];
  for (const { route, name, reader } of PARAMETERS) {
    for (const sample of samples) {
      const { value, left } = (reader as Reader<unknown>)([sample]);
      expect([route, name, sample, value === undefined]).toEqual([route, name, sample, left.includes(sample)]);
    }
    const twice = reader(["NONSENSE", "NONSENSE"]);
    expect([route, name, twice.value === undefined]).toEqual([route, name, twice.left.length === 2]);
  }
});

test("values that the API can only refuse are left out", () => {
  const refused = ["\0", "a\0b", "x".repeat(1_025), "2147483648", "-2147483649", "99999999999", "0000-01-01", "9".repeat(101)];
  for (const { route, name, reader } of PARAMETERS) {
    const isRead = refused.filter((sample) => (reader as Reader<unknown>)([sample]).value !== undefined);
    const isAmount = (reader as Reader<unknown>)(["0.5"]).value !== undefined; // a decimal may be larger
    const may = (sample: string) => /^[\d-]*$/.test(sample) && (isFree(route, name) || (isAmount && /^\d{10,11}$/.test(sample)));
    expect([route, name, isRead.filter((sample) => !may(sample))]).toEqual([route, name, []]);
  }
  const select = READERS["/routing"].select;
  const selectors = ["version:abc", "version:1.0.0-01", "contentHash:ab", "alias:\0", "number:2147483648"];
  expect(selectors.filter((each) => select([each]).value)).toEqual([]);
  expect(select(["version:1.0.0-rc.1+build.5"]).left).toEqual([]);
});

// The limits themselves are values, and the API takes them.
for (const [address, left] of [
  ["/models?contextFrom=5000000000&contextTo=2147483647&q=%00&regions=%00&regions=eu", ["contextFrom=5000000000", "q=%00", "regions=%00"]],
  ["/models?q=a+b+c+d+e+f+g+h+i", ["q=a b c d e f g h i"]],
  [`/models?inputFrom=${"9".repeat(101)}&inputTo=${"9".repeat(50)}`, [`inputFrom=${"9".repeat(70)}…`]],
  ["/prices?input=99999999999&context=99999999999&output=2147483647", ["input=99999999999", "context=99999999999"]],
  ["/retirements?from=0000-01-01&to=9999-12-31", ["from=0000-01-01"]],
  ["/retirements?from=0001-01-01", []],
  ["/audit?from=0001-01-01&to=9999-12-31&actors=%00", ["actors=%00"]],
  ["/audit?from=0000-12-31", ["from=0000-12-31"]],
  ["/compare?models=gpt-4o,a%00b", ["models=a%00b"]],
  ["/routing?model=gpt-4o&select=version:abc&minContextWindow=2147483648", ["select=version:abc", "minContextWindow=2147483648"]],
] as const)
  test(`the API refuses nothing of ${address.slice(0, 80)}`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    const alerts = page.getByRole("alert");
    if (left.length > 0) await expect(alerts.locator("code")).toHaveText([...left]);
    await page.waitForLoadState("networkidle");
    await expect(alerts).toHaveCount(left.length > 0 ? 1 : 0);
  });

test("of a list the values that are none are left out, and the others count", () => {
  const address = "?tasks=CHAT&tasks=NONSENSE&q=a&q=b&descending=false&order=&__proto__=1";
  expect(searchOf(READERS["/models"])(parseSearch(address))).toMatchObject({ tasks: ["CHAT"], q: undefined, order: undefined });
  expect(leftOut(READERS["/models"] as Readers<Search>, parseSearch(address))).toEqual(["tasks=NONSENSE", "q=a", "q=b", "__proto__=1"]);
});

const LISTS = PARAMETERS.filter(({ reader }) => Array.isArray((reader as Reader<unknown>)(["1"]).value));

test("of a list as many values are read as the API takes", () => {
  const given = Array.from({ length: LIST_MAX + 50 }, (_, place) => `value-${place}`);
  expect(LISTS.map(({ route, name }) => `${route} ${name}`).sort()).toEqual([
    "/audit actors", "/models providers", "/models regions", "/prices regions", "/routing excludeBindings", "/routing providers",
  ]);
  for (const { reader } of LISTS) {
    expect(reader(given)).toEqual({ value: given.slice(0, LIST_MAX), left: [], beyond: 50 });
    expect(reader(given.slice(0, LIST_MAX))).toEqual({ value: given.slice(0, LIST_MAX), left: [], beyond: 0 });
    expect(reader([...given.slice(0, LIST_MAX), "\0"])).toMatchObject({ left: ["\0"], beyond: 0 }); // what is no value is not counted
  }
  const tasks = Array.from({ length: LIST_MAX + 1 }, () => "CHAT"); // also of values that the page knows
  expect(READERS["/models"].tasks(tasks)).toEqual({ value: tasks.slice(1), left: [], beyond: 1 });
});

for (const { route, name } of LISTS)
  test(`of more than 100 ${name} in the address, ${route} keeps the first, and the API refuses nothing`, async ({ page }) => {
    const values = Array.from({ length: LIST_MAX + 1 }, (_, place) => `${name}=value-${place}`);
    await page.goto(`${route}?${[...(route === "/routing" ? ["model=gpt-4o"] : []), "unknown=1", ...values].join("&")}`);
    const alert = page.getByRole("alert").filter({ hasText: "The address is understood in part" });
    await expect(alert.locator("code")).toHaveText(["unknown=1"]);
    await expect(alert).toContainText(`The address had 101 values of ${name}; a list may have 100. The first 100 are kept, and the other 1 left out.`);
    await page.waitForLoadState("networkidle");
    const refusals = page.getByRole("alert").filter({ hasNotText: /is understood in part|No binding can take this call/ });
    await expect(refusals).toHaveCount(0);
    expect(new URL(page.url()).searchParams.getAll(name)).toEqual(values.slice(0, LIST_MAX).map((each) => each.split("=")[1]));
  });

test("what the pages write into an address they read again", () => {
  const search = { tasks: ["CHAT", "OCR"], inputFrom: "0.10", contextTo: 128_000, order: "NAME", descending: true, regions: ["1", "true"] };
  const address = stringifySearch(search);
  expect(searchOf(READERS["/models"])(parseSearch(address))).toMatchObject(search);
  expect(leftOut(READERS["/models"] as Readers<Search>, parseSearch(address))).toEqual([]);
});

for (const [route, readers] of PAGES)
  test(`the page ${route} says which values of its address it does not understand`, async ({ page }) => {
    const wrong = [...Object.keys(readers).filter((name) => !isFree(route, name)), "unknown"];
    const parameters = wrong.map((name) => `${name}=NONSENSE`);
    const free = route === "/routing" ? "model=gpt-4o&" : "";
    await page.goto(`${addressOf(route)}?${free}${parameters.join("&")}`);
    const alert = page.getByRole("alert").filter({ hasText: "The address had values that this page does not understand" });
    await expect(alert.locator("code")).toHaveText(parameters.slice(0, 10));
    if (parameters.length > 10) await expect(alert).toContainText(`and ${parameters.length - 10} more`);
    await expect(alert).toContainText("They are left out.");
    expect(page.url()).not.toContain("NONSENSE");
    await alert.getByRole("button", { name: "Close" }).click();
    await expect(alert).toHaveCount(0);
  });

test("what is left out of an address is well shown, and is no matter of the next page", async ({ page }) => {
  await page.goto(`/models?status=NONSENSE&contextFrom=abc&tasks=CHAT&long=${"x".repeat(500)}`);
  const alert = page.getByRole("alert");
  await expect(alert).toContainText(/status=NONSENSE, contextFrom=abc, long=x+…\. They are left out\./);
  await expect(page).toHaveURL(/\/models\?tasks=CHAT$/);
  await expectWellShown(page, "address");
  await page.getByRole("navigation").getByRole("link", { name: "Prices", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Prices" })).toBeVisible();
  await expect(alert).toHaveCount(0);
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Models" })).toBeVisible();
  await expect(alert).toHaveCount(0);
});
