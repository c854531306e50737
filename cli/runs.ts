import { settleAbandoned } from "../emulator/settle-abandoned.ts";
import type { Ledger, Run, RunQuery, Status } from "../functions/ledger/ledger.ts";
import { formatSeconds, formatTime } from "./output/words.ts";
import { unknownFlow } from "./pathspec.ts";
import type { RunsFlags } from "./program.ts";
import { reading } from "./reading.ts";
import { formatTable } from "./table.ts";

/** Lists a flow's runs, newest first; without a flow and a filter, each flow with its newest. */
export function runs(flow: string | undefined, { status, tag, limit, json }: RunsFlags): Promise<number> {
  return reading(async ({ ledger }, out) => {
    const filter = {
      ...(flow !== undefined && { flow }),
      ...(status !== undefined && { status: status as Status }),
      ...(tag !== undefined && { tag }),
    };
    const listsFlows = Object.keys(filter).length === 0;
    const found = listsFlows ? await newestOfEach(ledger, limit) : await listRuns(ledger, filter, limit);
    if (found.length === 0 && flow !== undefined && (await ledger.listRuns({ flow, limit: 1 })).items.length === 0)
      throw await unknownFlow(ledger, flow);
    if (json) for (const run of found) out.write(`${JSON.stringify(runAsJson(run))}\n`);
    else if (found.length === 0) out.write("No run is like that.\n");
    else out.write(`${formatTable(["run", "status", "started", "took", "by", "tags", ""], found.map(runAsRow))}\n`);
  });
}

/** Runs that turn out to be abandoned no longer match a filter on the status that they had. */
async function listRuns(ledger: Ledger, filter: RunQuery, limit: number): Promise<Run[]> {
  const found: Run[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.listRuns({
      ...filter,
      limit: Math.min(1000, limit - found.length),
      ...(cursor !== undefined && { cursor }),
    });
    for (const run of page.items) {
      const settled = await settleAbandoned(ledger, run);
      if (filter.status === undefined || settled.status === filter.status) found.push(settled);
    }
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < limit);
  return found;
}

async function newestOfEach(ledger: Ledger, limit: number): Promise<Run[]> {
  const { items } = await ledger.listFlows({ limit: Math.min(1000, limit) });
  return Promise.all(items.map(({ newest }) => settleAbandoned(ledger, newest)));
}

function runAsRow(run: Run): string[] {
  const { createdAt, finishedAt, error, tags, user, status } = run;
  const took = formatSeconds(((finishedAt ?? Date.now()) - createdAt) / 1000);
  const told = error ? `${error.name}: ${error.message.split("\n", 1)[0]}` : "";
  return [
    `${run.flow}/${run.run}`,
    status,
    formatTime(createdAt),
    took,
    user,
    tags.join(", "),
    told.length > 60 ? `${told.slice(0, 59)}…` : told,
  ];
}

function runAsJson({
  flow,
  run,
  status,
  createdAt,
  finishedAt,
  user,
  namespace,
  tags,
  error,
  codePackage,
}: Run): object {
  return {
    pathspec: `${flow}/${run}`,
    flow,
    run,
    status,
    createdAt,
    finishedAt,
    user,
    namespace,
    tags,
    codePackage,
    error,
  };
}
