import { nearest as nearestOf } from "../sdk/graph/nearest.ts";

/** What a mistyped word may have meant: one candidate or none. */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  const near = nearestOf(word, candidates);
  return near === undefined ? [] : [near];
}
