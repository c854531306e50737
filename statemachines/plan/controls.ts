import { followControls, type ControlNode, type Lineage } from "../../graph/lineage.ts";
import { bodiesOf } from "../../graph/walk.ts";
import type { Ways } from "./ways.ts";

/** Control values that are written together, and the part of the times that it is these. */
export interface Written {
  readonly share: number;
  readonly controls: readonly ControlNode[];
}

/** More ways on than this are not set apart. */
const MOST_WAYS = 64;
/** Nor do they turn off more often: a loop may go round without passing a step. */
const MOST_TURNS = 20;

/** What a task of the step (undefined: the run's creation) writes for the machine, by the ways that go on from it. */
export function writtenAfter(lineage: Lineage, ways: Ways, after: string | undefined): Written[] {
  const found: Written[] = [];
  const open: number[][] = [[]];
  while (open.length > 0 && found.length < MOST_WAYS) {
    const decided = open.pop()!;
    const controls: ControlNode[] = [];
    let share = 1;
    let turn = 0;
    /** Which of the ways to go here; the others are gone later. */
    const choose = (shares: readonly number[]): number => {
      const possible = shares.flatMap((part, i) => (part > 0 ? [i] : []));
      const way = decided[turn] ?? possible[0] ?? 0;
      if (turn >= decided.length) {
        if (turn < MOST_TURNS) for (const other of possible.slice(1)) open.push([...decided, other]);
        decided.push(way);
      }
      turn++;
      share *= shares[way]!;
      return way;
    };
    const depth = after === undefined ? 0 : lineage.steps.get(after)!.depth;
    followControls(
      lineage,
      { step: after, index: Array.from<number>({ length: depth }).fill(0) },
      {
        foreach: (node) => void controls.push(node),
        switch(node) {
          controls.push(node);
          const bodies = bodiesOf(node);
          return bodies[choose(bodies.map((_, body) => ways.share(node, body)))]!;
        },
        loop(node) {
          controls.push(node);
          const rounds = Math.max(1, ways.rounds(node));
          return choose([1 / rounds, 1 - 1 / rounds]) === 1;
        },
      },
    );
    found.push({ share, controls });
  }
  return found;
}
