/**
 * A task's index as components: the positions in the enclosing foreachs and the rounds of the enclosing loops, outermost
 * first. Written with dots; a task that stands in none is "0".
 */
export function formatIndex(components: readonly number[]): string {
  return components.length === 0 ? "0" : components.join(".");
}

/** `depth` tells the "0" of a task that stands in no foreach or loop from a first child's. */
export function parseIndex(index: string, depth: number): number[] {
  return depth === 0 ? [] : index.split(".").map(Number);
}
