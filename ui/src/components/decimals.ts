/** Which of two decimal numbers, given as text, is larger, exactly: negative when it is the second. */
export function compareDecimals(a: string, b: string): number {
  const [wholeA = "", fractionA = ""] = a.split(".");
  const [wholeB = "", fractionB = ""] = b.split(".");
  const places = Math.max(fractionA.length, fractionB.length);
  const [exactA, exactB] = [BigInt(wholeA + fractionA.padEnd(places, "0")), BigInt(wholeB + fractionB.padEnd(places, "0"))];
  return exactA < exactB ? -1 : exactA > exactB ? 1 : 0;
}
