import { array, assert, maxSafeNat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { indexKey, indexOfKey, keysBelow } from "./index-order.ts";

const anIndex = array(maxSafeNat(), { minLength: 1, maxLength: 6 }).map((components) => components.join("."));

function inNumericOrder(left: string, right: string): number {
  const [a, b] = [left.split(".").map(Number), right.split(".").map(Number)];
  const differs = a.findIndex((component, place) => component !== b[place]);
  if (differs === -1) return a.length - b.length;
  return differs < b.length ? a[differs]! - b[differs]! : 1;
}

function inKeyOrder(left: string, right: string): number {
  const [a, b] = [indexKey(left), indexKey(right)];
  return a < b ? -1 : Number(a > b);
}

describe("the key of an index", () => {
  test.each([
    ["0", "10"],
    ["3", "13"],
    ["10", "210"],
    ["3.10", "13210"],
    ["1234567890.0", "a123456789010"],
    ["", ""],
  ])("of %s is %s", (index, key) => {
    expect(indexKey(index)).toBe(key);
  });

  test("gives the index back", () => {
    assert(
      property(anIndex, (index) => {
        expect(indexOfKey(indexKey(index))).toBe(index);
      }),
    );
  });

  test("sorts as text the way the numbers do, parents before children", () => {
    assert(
      property(anIndex, anIndex, (left, right) => {
        expect(Math.sign(inKeyOrder(left, right))).toBe(Math.sign(inNumericOrder(left, right)));
      }),
    );
    expect(["10", "2", "2.11", "2.9", "2.9.0", "9007199254740991", "0"].toSorted(inKeyOrder)).toEqual([
      "0",
      "2",
      "2.9",
      "2.9.0",
      "2.11",
      "10",
      "9007199254740991",
    ]);
  });

  test.each(["3.0", "3.1.7", "3.9007199254740991"])("of %s is below that of 3", (index) => {
    const { after, before } = keysBelow("3");
    expect(indexKey(index) > after && indexKey(index) < before).toBe(true);
  });

  test.each(["3", "30", "2.3", "4", "13.3", "300.1"])("of %s is not below that of 3", (index) => {
    const { after, before } = keysBelow("3");
    expect(indexKey(index) > after && indexKey(index) < before).toBe(false);
  });

  test.each(["-1", "1.", ".1", "1..2", "01", "1e3", "a", " 1", "1.5x", "99999999999999999"])("refuses %s", (index) => {
    expect(() => indexKey(index)).toThrow(expect.objectContaining({ code: "index.invalid" }));
  });
});
