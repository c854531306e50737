import { z } from "zod";
import type { Graph, Json } from "../../graph/graph.ts";
import type { BlobSize } from "../../store/blobs/signer.ts";
import type {
  ChangeRunRequest,
  CreateRunRequest,
  DefineJobsRequest,
  FinishRunRequest,
  FinishTaskRequest,
  KeepBooksRequest,
  ListRunsQuery,
  OwnRun,
  ReadBranchesRequest,
  RegisterFlowRequest,
  SignForTaskRequest,
  SignRequest,
  StartTaskRequest,
  StoreCodeRequest,
  TriggerRun,
} from "./contract.ts";
import type { Manifest } from "../../store/artifacts/manifest.ts";
import type { Control, ControlValue } from "../../graph/control-value.ts";
import type { LogRange } from "../../store/ledger/ledger.ts";
import type { TaskError } from "../../graph/task-error.ts";

/** What requests must be: contract.ts as zod sees it. Everything has a greatest size, and nothing unknown is let in. */

/** What answers are made of as well (answers.ts). */
export const text = (most: number) => z.string().min(1).max(most);
export const count = z.int().min(0);

const name = z.string().regex(/^[A-Za-z0-9_-]{1,60}$/);
export const flowName = name.describe("A flow's name");
export const runNumber = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(Number);
export const stepName = name.describe("A step's name");
export const taskIndex = z
  .string()
  .max(200)
  .regex(/^\d{1,9}(\.\d{1,9})*$/);
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
const artifactName = text(200).refine((name) => name !== "__proto__");
export const tags = z.array(text(128)).max(40);
/** As the person's own machine names them; a namespace is made of it. */
export const user = z.string().regex(/^[^\s/:#]{1,64}$/);

/** Its shape is a JSON Schema of its own, which registration applies (graph/schema.ts). */
const graph = z.record(z.string(), z.unknown()) as unknown as z.ZodType<Graph>;
const json = z.json() as unknown as z.ZodType<Json>;

const size = z
  .int()
  .min(0)
  .max(2 ** 43);
const inline = z
  .string()
  .max(2000)
  .regex(/^[A-Za-z0-9+/=]*$/);
const valueRef = z.union([
  z.strictObject({ inline, size }),
  z.strictObject({ blob: hash, size, at: z.exactOptional(count), head: z.exactOptional(inline.max(64)) }),
]);
export const manifest: z.ZodType<Manifest> = z
  .record(artifactName, valueRef)
  .refine((one) => Object.keys(one).length <= 2000, "a task has at most 2,000 artifacts");

export const taskError: z.ZodType<TaskError> = z.strictObject({
  name: z.string().max(200),
  message: z.string().max(65_536),
  source: z.exactOptional(z.string().max(1000)),
  stack: z.exactOptional(z.string().max(65_536)),
});

export const nodeName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,80}$/)
  .describe("A split's join, or a switch's or loop's id");
export const controlValue: z.ZodType<ControlValue> = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("foreach"),
    width: count,
    pages: z.array(hash).max(4000),
    pageSize: count,
  }),
  z.strictObject({ type: z.literal("switch"), case: z.string().max(1000) }),
  z.strictObject({ type: z.literal("loop"), again: z.boolean(), bound: z.exactOptional(z.literal(true)) }),
]);
const control: z.ZodType<Control> = z.strictObject({ node: nodeName, index: taskIndex, value: controlValue });
const controls = z.array(control).max(100);
export const log: z.ZodType<LogRange> = z.strictObject({ stream: text(600), from: count, to: count });
const status = z.enum(["succeeded", "failed", "stopped"]);

const MAX_CODE_BYTES = 256 * 1024 * 1024;

export const storeCode: z.ZodType<StoreCodeRequest> = z.strictObject({
  hash,
  size: z.int().min(1).max(MAX_CODE_BYTES),
});

export const registerFlow: z.ZodType<RegisterFlowRequest> = z.strictObject({
  graph,
  codePackage: hash,
  user,
  token: z.exactOptional(text(200)),
  tags,
});

export const owner = z.strictObject({ host: text(255), pid: count });
const triggerRun: z.ZodType<TriggerRun> = z.strictObject({
  engine: z.literal("service"),
  parameters: z.record(z.string().max(200), json),
  tags,
  user,
  name: z.exactOptional(z.string().regex(/^[A-Za-z0-9_-]{1,80}$/)),
});
const ownRun: z.ZodType<OwnRun> = z.strictObject({
  engine: z.literal("client"),
  graph,
  codePackage: hash,
  parameters: manifest,
  controls,
  tags,
  user,
  owner,
});
export const createRun: z.ZodType<CreateRunRequest> = z.union([triggerRun, ownRun]);

export const changeRun: z.ZodType<ChangeRunRequest> = z.strictObject({ tags });
export const finishRun: z.ZodType<FinishRunRequest> = z.strictObject({ status, error: z.exactOptional(taskError) });

export const defineJobs: z.ZodType<DefineJobsRequest> = z.strictObject({ graph });
export const keepBooks: z.ZodType<KeepBooksRequest> = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("control"), node: nodeName, index: taskIndex }),
  z.strictObject({
    action: z.literal("recordFailure"),
    step: stepName,
    index: taskIndex,
    width: z.exactOptional(z.int().min(1).max(10_000)),
    offset: z.exactOptional(count),
    error: z.strictObject({ name: z.string().max(200), message: z.string().max(65_536) }),
  }),
]);

const limit = z.exactOptional(z.coerce.number().int().min(1).max(1000));
const cursor = z.exactOptional(z.string().max(2000));
export const listFlows = z.strictObject({ namespace: z.exactOptional(text(200)), limit, cursor });
export const listRuns = z.strictObject({
  namespace: z.exactOptional(text(200)),
  tag: z.exactOptional(text(128)),
  status: z.exactOptional(z.enum(["running", "succeeded", "failed", "stopped"])),
  limit,
  cursor,
}) satisfies z.ZodType<ListRunsQuery>;
export const listTasks = z.strictObject({ under: z.exactOptional(taskIndex), limit, cursor });

/** URLs of one answer. */
const MAX_URLS = 200;
const blobSize: z.ZodType<BlobSize> = z.strictObject({
  hash,
  size: z
    .int()
    .min(0)
    .max(5 * 1024 ** 3),
});
const few = ({ reads, writes }: { reads: readonly unknown[]; writes: readonly unknown[] }) =>
  reads.length + writes.length <= MAX_URLS;

export const sign: z.ZodType<SignRequest> = z
  .strictObject({ reads: z.array(hash), writes: z.array(blobSize) })
  .refine(few, `at most ${MAX_URLS} URLs at once`);

export const startTask: z.ZodType<StartTaskRequest> = z.strictObject({
  step: stepName,
  index: taskIndex,
  by: text(200),
});
export const readBranches: z.ZodType<ReadBranchesRequest> = z.strictObject({ from: count });
export const signForTask: z.ZodType<SignForTaskRequest> = z
  .strictObject({
    reads: z.array(z.strictObject({ hash, grant: text(64) })),
    writes: z.array(blobSize),
  })
  .refine(few, `at most ${MAX_URLS} URLs at once`);
export const finishTask: z.ZodType<FinishTaskRequest> = z.strictObject({
  status,
  base: z.exactOptional(manifest),
  own: z.exactOptional(manifest),
  controls: z.exactOptional(controls),
  caught: z.exactOptional(z.literal(true)),
  error: z.exactOptional(taskError),
  log: z.exactOptional(log),
});

/** Query of removeFlow. */
export const removeFlow = z.strictObject({ user });
