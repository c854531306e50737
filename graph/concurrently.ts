/**
 * Does the work for each item, `limit` of them at a time at most; resolves once all are done. Items are taken as their
 * turn comes, so they may be made on the way. The first failure is what this rejects with, without waiting for what is
 * under way; no further item is begun.
 */
export async function concurrently<Item>(
  limit: number,
  items: Iterable<Item>,
  work: (item: Item, position: number) => Promise<unknown>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let position = 0;
  let isOver = false;
  let next: IteratorResult<Item, unknown>;
  const take = (): boolean => {
    if (isOver) return false;
    next = rest.next();
    isOver = next.done === true;
    return !isOver;
  };
  const lane = async (): Promise<void> => {
    try {
      while (take()) await work(next.value as Item, position++);
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  const lanes: Promise<void>[] = [];
  while (lanes.length < limit && !isOver) lanes.push(lane());
  await Promise.all(lanes);
}

/** The same, with what the work answers, in the order of the items. */
export async function mapConcurrently<Item, Answer>(
  limit: number,
  items: Iterable<Item>,
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  await concurrently(limit, items, async (item, position) => {
    answers[position] = await work(item);
  });
  return answers;
}

/** 0 up to `count`, not included. */
export function* upTo(count: number): Generator<number, void> {
  for (let number = 0; number < count; number++) yield number;
}
