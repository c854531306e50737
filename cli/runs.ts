import type { RunQuery, RunSummary, Status } from "../store/ledger/ledger.ts";
import { printableJson } from "../graph/printable.ts";
import { formatSeconds, formatTime } from "./output/words.ts";
import { unknownFlow } from "./pathspec.ts";
import type { RunsFlags } from "./flags.ts";
import { reading, type RunReader } from "./reading.ts";
import { formatTable } from "./table.ts";

/** Lists a flow's runs, newest first; without a flow and a filter, each flow with its newest. */
export function runs(flow: string | undefined, { status, tag, limit, json }: RunsFlags): Promise<number> {
  return reading(async ({ runs }, out) => {
    const filter = {
      ...(flow !== undefined && { flow }),
      ...(status !== undefined && { status: status as Status }),
      ...(tag !== undefined && { tag }),
    };
    const listsFlows = Object.keys(filter).length === 0;
    const found = listsFlows ? await newestOfEach(runs, limit) : await listRuns(runs, filter, limit);
    if (found.length === 0 && flow !== undefined && (await runs.listRuns({ flow, limit: 1 })).items.length === 0)
      throw await unknownFlow(runs, flow);
    if (json) for (const run of found) out.write(`${printableJson(runAsJson(run))}\n`);
    else if (found.length === 0) out.write("No run is like that.\n");
    else out.write(`${formatTable(["run", "status", "started", "took", "by", "tags", ""], found.map(runAsRow))}\n`);
  });
}

async function listRuns(runs: RunReader, filter: RunQuery, limit: number): Promise<RunSummary[]> {
  const found: RunSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await runs.listRuns({
      ...filter,
      limit: Math.min(1000, limit - found.length),
      ...(cursor !== undefined && { cursor }),
    });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined && found.length < limit);
  return found;
}

async function newestOfEach(runs: RunReader, limit: number): Promise<RunSummary[]> {
  const { items } = await runs.listFlows({ limit: Math.min(1000, limit) });
  return items.map(({ newest }) => newest);
}

function runAsRow(run: RunSummary): string[] {
  const { createdAt, finishedAt, error, tags, user, status } = run;
  const took = formatSeconds(((finishedAt ?? Date.now()) - createdAt) / 1000);
  const reason = error ? `${error.name}: ${error.message.split("\n", 1)[0]}` : "";
  return [
    `${run.flow}/${run.run}`,
    status,
    formatTime(createdAt),
    took,
    user,
    tags.join(", "),
    reason.length > 60 ? `${reason.slice(0, 59)}…` : reason,
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
  principals,
}: RunSummary): object {
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
    principals,
    error,
  };
}
