import { expect, test } from "@playwright/test";

import { changeBy, percent, successShare } from "../src/components/numbers";

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
