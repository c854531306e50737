/** What a run, or a part of it, asks of the account's services. */
export interface Usage {
  /** Submitted to Batch; an array is one. */
  readonly jobs: number;
  readonly apiRequests: number;
  /** Invocations of each function (serverless.yml). */
  readonly runs: number;
  readonly tasks: number;
  readonly sign: number;
  readonly dispatch: number;
  readonly runner: number;
  /** Requests to the table, and what they count for: each item of up to 4 KiB that is read … */
  readonly tableReads: number;
  readonly tableReadUnits: number;
  /** … and each item of up to 1 KiB that is written, twice where that is in a transaction. */
  readonly tableWrites: number;
  readonly tableWriteUnits: number;
  readonly objectGets: number;
  readonly objectHeads: number;
  readonly objectPuts: number;
  readonly scheduledStarts: number;
}

const NOTHING: Usage = {
  jobs: 0,
  apiRequests: 0,
  runs: 0,
  tasks: 0,
  sign: 0,
  dispatch: 0,
  runner: 0,
  tableReads: 0,
  tableReadUnits: 0,
  tableWrites: 0,
  tableWriteUnits: 0,
  objectGets: 0,
  objectHeads: 0,
  objectPuts: 0,
  scheduledStarts: 0,
};

/** The sum of usages, each of which may leave out what it asks nothing of. */
export function total(...usages: readonly Partial<Usage>[]): Usage {
  const sum: Record<keyof Usage, number> = { ...NOTHING };
  for (const usage of usages) for (const [name, amount] of Object.entries(usage)) sum[name as keyof Usage] += amount;
  return sum;
}

export function times(usage: Partial<Usage>, factor: number): Partial<Usage> {
  return Object.fromEntries(Object.entries(usage).map(([name, amount]) => [name, amount * factor]));
}

export function invocationsOf({ runs, tasks, sign, dispatch, runner }: Usage): number {
  return runs + tasks + sign + dispatch + runner;
}

/** A transaction that writes so many items. */
export function transaction(items: number): Partial<Usage> {
  return { tableWrites: 1, tableWriteUnits: 2 * items };
}

/** One item that is got by its key. */
export const GET: Partial<Usage> = { tableReads: 1, tableReadUnits: 1 };

/** One item that is put or changed. */
export const PUT: Partial<Usage> = { tableWrites: 1, tableWriteUnits: 1 };

/** One request to the HTTP API that the function of the tasks answers. */
export const TASK_CALL: Partial<Usage> = { apiRequests: 1, tasks: 1 };
