import { inspect } from "node:util";

/** Up to here listing every key is as cheap as asking V8 for the odd ones. */
const FEW = 8;

const onlyTheOdd = {
  maxArrayLength: 0,
  depth: 0,
  compact: true,
  breakLength: Infinity,
  customInspect: false,
  getters: false,
};

/**
 * Whether the array has holes or properties beside its elements (such as the `index` and `groups` of a match), so that
 * its keys must be written with it.
 */
export function isIrregular(array: readonly unknown[]): boolean {
  return hasHole(array) || hasNamedProperty(array);
}

function hasHole(array: readonly unknown[]): boolean {
  // `includes` takes a hole for undefined; it is native and stops at the first, which a loop over 100 million is not.
  if (!array.includes(undefined)) return false;
  for (let i = 0; i < array.length; i++) if (!(i in array)) return true;
  return false;
}

function hasNamedProperty(array: readonly unknown[]): boolean {
  if (array.length <= FEW) return Object.keys(array).length !== array.length;
  // Object.keys makes a string of every index. V8 can skip the indices, and `inspect` is the one public door to that.
  return !/^\[ \.\.\. \d+ more items \]$/.test(inspect(array, onlyTheOdd));
}
