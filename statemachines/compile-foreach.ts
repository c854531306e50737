import type { ForeachNode, JsonObject, StepNode } from "../graph/graph.ts";
import type { MapState } from "./asl.ts";
import {
  addChoice,
  addFacts,
  addState,
  deeperIndex,
  END,
  firstIndex,
  innerBlock,
  taskIndexExpression,
  timesOf,
  to,
  type Block,
  type Entry,
} from "./block.ts";
import { addJob, compileStep, type StepState } from "./compile-step.ts";
import { isArrayJob } from "./array-job.ts";
import { startOf } from "./entry.ts";
import { addGroup } from "./state-group.ts";
import { INTEGRATIONS, MAP_RUNS_PREFIX, MAX_WIDTH, RANGES_KEY } from "./contract/contract.ts";
import { SECRET_PATH } from "./contract/start-proof.ts";
import { mapRunConcurrency } from "./inline.ts";
import { LIMITS } from "./limits.ts";
import type { MachineResources } from "./resources.ts";

/** Adds a foreach from its Choice on: what runs the children, by their number, then the join. */
export function compileForeach(node: ForeachNode, block: Block, next: Entry): void {
  const { name } = node.join;
  const join: Entry = { state: name + block.copy };
  const ways = isArrayJob(node) ? arrayJobs(node, block, join) : maps(node, block, join);
  addChoice(block, node, {
    rules: [
      { test: { Variable: "$.c.width", NumericEquals: 0 }, to: join },
      ...ways.map(({ test, state }) => ({
        test: { Variable: "$.c.width", ...test },
        to: { state: state + block.copy },
      })),
    ],
    otherwise: { state: `${name}.refused${block.copy}` },
  });
  for (const { state, add } of ways) add(state);
  addState(block, `${name}.refused`, {
    Type: "Fail",
    Error: "Millrace.TooWide",
    Cause: `Flow ${block.flow.graph.name}, step ${name}: the foreach over ${node.over} is wider than ${MAX_WIDTH}. Give each child a part of the list.`,
  });
  compileStep(node.join, block, next);
}

/** How the children run where their number passes the test; earlier ways come first. */
interface Way {
  readonly test: { readonly NumericEquals: number } | { readonly NumericLessThanEquals: number };
  readonly state: string;
  readonly add: (state: string) => void;
}

/** One job whatever the width: an array job has 2 to 10,000 children, so one child is a plain job and more are a few. */
function arrayJobs(node: ForeachNode, block: Block, join: Entry): Way[] {
  const { name } = node.join;
  const step = node.body[0] as StepNode;
  const index = taskIndexExpression(block);
  return [
    {
      test: { NumericEquals: 1 },
      state: step.name,
      add(state) {
        const one = withWidth(block, node, { above: 0, upTo: 1 });
        addJob(step, one, { name: state, index: firstIndex(block), next: join, carries: "child" });
        addChildren(one, node);
      },
    },
    {
      test: { NumericLessThanEquals: LIMITS.arrayJobMaxSize },
      state: `${name}.array`,
      add(state) {
        const all = withWidth(block, node, { above: 1, upTo: LIMITS.arrayJobMaxSize });
        const array = { size: "$.c.width", offset: { constant: 0 } };
        addJob(step, all, { name: state, next: join, index, array, carries: "array" });
        addChildren(all, node);
      },
    },
    {
      test: { NumericLessThanEquals: MAX_WIDTH },
      state: `${name}.chunks`,
      add: (state) => addArrayJobs(node, block, { name: state, index, next: join }),
    },
  ];
}

/** A few array jobs, each over a part of the children. */
function addArrayJobs(node: ForeachNode, block: Block, { name: state, index, next }: StepState): void {
  const { name } = node.join;
  const many = withWidth(block, node, { above: LIMITS.arrayJobMaxSize });
  const chunk = innerBlock(timesOf(many, { is: "arrayJobs", of: node }), block.depth);
  addFacts(chunk, { kind: "iteration" });
  addJob(node.body[0] as StepNode, chunk, {
    name: `${name}.chunk`,
    next: END,
    index,
    array: { size: "$.c.width", offset: { path: "$.c.offset" } },
    carries: "array",
  });
  addChildren(many, node);
  addState(many, state, {
    Type: "Map",
    ItemsPath: "$.c.chunks",
    ItemSelector: {
      "run.$": "$.run",
      "at.$": "$.at",
      c: {
        "offset.$": "States.ArrayGetItem($$.Map.Item.Value, 0)",
        "width.$": "States.ArrayGetItem($$.Map.Item.Value, 1)",
      },
    },
    ItemProcessor: {
      ProcessorConfig: { Mode: "INLINE" },
      StartAt: `${name}.chunk${block.copy}`,
      States: chunk.states,
    },
    ResultPath: null,
    ...to(next),
  });
}

/** Says that the jobs of the block carry out all the children, however many jobs they are. */
function addChildren(block: Block, node: ForeachNode): void {
  const children = timesOf(block, { is: "children", of: node, atOnce: Infinity });
  addFacts(children, { kind: "child", step: node.body[0] as StepNode });
}

/** Iterations of this execution where they are few and short, else executions of their own, each with its own history. */
function maps(node: ForeachNode, block: Block, join: Entry): Way[] {
  const { name } = node.join;
  const { inline, resources } = block.flow;
  const isInline = inline.has(node);
  const each = (atOnce: number) => ({ is: "children", of: node, atOnce }) as const;
  const iterationsAtOnce = Math.min(node.concurrency ?? LIMITS.inlineMapConcurrency, LIMITS.inlineMapConcurrency);
  const childrenAtOnce = mapRunConcurrency(node);
  const few = withWidth(block, node, { above: 0, upTo: LIMITS.inlineMapConcurrency });
  const many = withWidth(block, node, { above: isInline ? LIMITS.inlineMapConcurrency : 0 });
  const iterations: Way = {
    test: { NumericLessThanEquals: LIMITS.inlineMapConcurrency },
    state: `${name}.map`,
    add(state) {
      const iteration = innerBlock(timesOf(few, each(iterationsAtOnce)), block.depth + 1);
      addFacts(iteration, { kind: "iteration" });
      addState(
        few,
        { name: state, node },
        {
          ...mapOver(node, iteration, { Mode: "INLINE" }),
          ...to(join),
          ItemsPath: "$.c.items",
          ...(node.concurrency !== undefined && { MaxConcurrency: iterationsAtOnce }),
        },
      );
    },
  };
  const children: Way = {
    test: { NumericLessThanEquals: MAX_WIDTH },
    state: `${name}.maprun`,
    add: (state) =>
      addState(
        many,
        { name: state, node },
        {
          ...mapOver(
            node,
            {
              ...innerBlock(block, block.depth + 1, isInline ? ".wide" : ""),
              group: addGroup(many.group, each(childrenAtOnce), true),
            },
            { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          ),
          ...to(join),
          ...readAndWritten(resources),
          MaxConcurrency: childrenAtOnce,
        },
      ),
  };
  return isInline ? [iterations, children] : [children];
}

/** What a distributed Map counts its children by, and where it leaves what became of them. */
function readAndWritten({ bucket, keepsMapRuns }: MachineResources): Pick<MapState, "ItemReader" | "ResultWriter"> {
  return {
    ItemReader: {
      Resource: INTEGRATIONS.items,
      ReaderConfig: { InputType: "JSON", MaxItemsPath: "$.c.width" },
      Parameters: { Bucket: bucket, Key: RANGES_KEY },
    },
    ...(keepsMapRuns && {
      ResultWriter: { Resource: INTEGRATIONS.results, Parameters: { Bucket: bucket, Prefix: MAP_RUNS_PREFIX } },
    }),
  };
}

/** The block where the foreach is wider than `above`, and no wider than `upTo`. */
function withWidth(block: Block, of: ForeachNode, { above, upTo = Infinity }: { above: number; upTo?: number }): Block {
  return timesOf(block, { is: "width", of, above, upTo });
}

function mapOver(
  node: ForeachNode,
  body: Block,
  config: NonNullable<NonNullable<MapState["ItemProcessor"]>["ProcessorConfig"]>,
): Omit<MapState, "Next" | "End"> {
  const { flow, depth } = body;
  flow.compileBody(node.body, body, END);
  const at: JsonObject = { "p.$": deeperIndex(depth - 1, "$.at.p", "$$.Map.Item.Index") };
  return {
    Type: "Map",
    // Each child of a distributed Map is an execution, with an input of its own.
    ItemSelector: { "run.$": "$.run", at, ...(config.Mode === "DISTRIBUTED" && { "secret.$": SECRET_PATH }) },
    ItemProcessor: {
      ProcessorConfig: config,
      StartAt: startOf(node.body, body),
      States: body.states,
    },
    ResultPath: null,
  };
}
