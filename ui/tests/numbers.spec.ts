import { expect, test } from "@playwright/test";
import { getNiceTickValues } from "recharts";

import { changeBy, chartDollars, dollars, percent, perMillion, successShare } from "../src/components/numbers";

test("100% and 0% are said of nothing else", () => {
  expect(percent(1)).toBe("100%");
  expect(percent(0)).toBe("0%");
  expect(percent(99_999 / 100_002)).toBe(">99.99%");
  expect(percent(0.99994)).toBe("99.99%");
  expect(percent(0.00003)).toBe("<0.01%");
  expect(percent(0.125)).toBe("12.5%");
  expect(percent(1.00001)).toBe(">100%");
  expect(percent(-0.99999)).toBe(">-99.99%");
});

test("a change that is not zero is not shown as one", () => {
  expect(changeBy(0.00001)).toBe("▲ <0.01%");
  expect(changeBy(-0.00001)).toBe("▼ >-0.01%");
  expect(changeBy(0.25)).toBe("▲ +25%");
  expect(changeBy(-1)).toBe("▼ -100%");
});

test("calls that a limit refused count neither as success nor as failure", () => {
  expect(successShare(3, 1)).toBe(0.75);
  expect(successShare(0, 2)).toBe(0);
  expect(successShare(0, 0)).toBeNull();
});

test("thousands of dollars stand apart, and no digit is lost", () => {
  expect(perMillion("140000")).toBe("$140,000,000");
  expect(perMillion("0.0025")).toBe("$2.5");
  expect(dollars("12345678901234567890.123456789")).toBe("$12,345,678,901,234,567,890.123456789");
  expect(dollars("-1234.5000")).toBe("$-1,234.5");
  expect(dollars("999")).toBe("$999");
  expect(dollars("1000")).toBe("$1,000");
  expect(dollars("0.0001234")).toBe("$0.0001234");
  expect(chartDollars(140_000_000)).toBe("$140,000,000");
  expect(chartDollars(0.1 + 0.2)).toBe("$0.3");
  expect(chartDollars(0.0000001)).toBe("$0.0000001");
});

test("the axis of a chart of prices has exact amounts, each as far from the next one", () => {
  // The ticks are floats: 15 digits of them are those of the decimal number that is meant.
  const distances = (texts: string[]) => {
    const parts = texts.map((text) => text.replace(/[$,]/g, "").split("."));
    const places = Math.max(...parts.map(([, fraction = ""]) => fraction.length));
    const exact = parts.map(([whole = "", fraction = ""]) => BigInt(whole + fraction.padEnd(places, "0")));
    return new Set(exact.slice(1).map((each, place) => each - (exact[place] as bigint)));
  };
  expect(getNiceTickValues([0, 0.3], 5).map(chartDollars)).toEqual(["$0", "$0.075", "$0.15", "$0.225", "$0.3"]);
  const highest = Array.from({ length: 22_000 }, (_, place) => Number(`${(place % 1_000) + 1}e${Math.floor(place / 1_000) - 12}`));
  const wrong = highest.map((each) => getNiceTickValues([0, each], 5).map(chartDollars)).filter((texts) => distances(texts).size !== 1);
  expect(wrong).toEqual([]);
});
