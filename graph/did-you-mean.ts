import { nearest } from "./nearest.ts";

/** `Did you mean "start"?`; undefined where nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = nearest(word, candidates);
  return near && `Did you mean "${near}"?`;
}
