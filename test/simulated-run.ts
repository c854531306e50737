import assert from "node:assert/strict";
import { TaskFailure, type ExecutionResult } from "../engine/asl/interpreter.ts";
import { executeFlow } from "../engine/execute-flow.ts";
import type { ControlValue } from "../graph/control-value.ts";
import type { Graph, GraphNode, Json, JsonObject, SwitchNode } from "../graph/graph.ts";
import { controlName, lineageOf, type ControlNode, type Lineage } from "../graph/lineage.ts";
import type { RunKey } from "../graph/run-name.ts";
import { formatIndex } from "../graph/task-index.ts";
import { askedNext } from "../statemachines/contract/asked-next.ts";
import { compile } from "../statemachines/compile.ts";
import {
  arrayChildIndex,
  INTEGRATIONS,
  machineInput,
  type BookkeepingRequest,
  TASK_ENVIRONMENT,
  type RecordFailureRequest,
  type RunnerRequest,
} from "../statemachines/contract/contract.ts";
import { arrayIndexOf, startProof } from "../statemachines/contract/start-proof.ts";
import {
  controlFields,
  controlItem,
  parseControlKey,
  type ControlItemKey,
} from "../statemachines/contract/control-item.ts";
import type { Course } from "../statemachines/plan/ways.ts";
import type { MachineSize } from "../statemachines/divide.ts";
import { offlineResources } from "../statemachines/resources.ts";
import { Histories } from "./histories.ts";

/**
 * A flow's machine on the interpreter, in a world of fakes: tasks that finish after a turn, control values that are made
 * up. And, worked out from the graph alone, what it should have done.
 */

/** What a control node's value is at an index: a width, a case, whether to go round again. */
export type Answers = (node: ControlNode, index: readonly number[]) => number | string | boolean;

export function answersOf({ widths = {}, rounds = {}, cases = {} }: Course): Answers {
  return (node, index) => {
    if (node.type === "foreach") return widths[controlName(node)] ?? 1;
    if (node.type === "switch") return cases[node.id] ?? "(otherwise)";
    return index.at(-1)! + 1 < (rounds[node.id] ?? 1);
  };
}

/** Values that differ from place to place. */
export function anyAnswers(seed: number): Answers {
  return (node, index) => {
    const place = `${seed}/${controlName(node)}/${formatIndex(index)}`;
    const number = [...place].reduce((hash, char) => (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0, 7) >>> 5;
    if (node.type === "foreach") return (index.length === 0 ? [0, 1, 2, 41] : [0, 1, 2, 3])[number % 4]!;
    if (node.type === "loop") return index.at(-1)! < number % 3;
    return [...node.cases.map(({ value }) => value), ...(node.otherwise ? ["(otherwise)"] : [])][
      number % (node.cases.length + (node.otherwise ? 1 : 0))
    ]!;
  };
}

/** Every task that the flow should run with those that must have finished before it, worked out with no machine. */
function orderOf(nodes: readonly GraphNode[], answers: Answers): Map<string, readonly string[]> {
  const order = new Map<string, readonly string[]>();
  const sequence = (body: readonly GraphNode[], index: readonly number[], before: readonly string[]) =>
    body.reduce((last, node) => one(node, index, last), before);
  const one = (node: GraphNode, index: readonly number[], before: readonly string[]): readonly string[] => {
    switch (node.type) {
      case "step": {
        const task = `${node.name}/${formatIndex(index)}`;
        order.set(task, before);
        return [task];
      }
      case "foreach": {
        const children = Array.from({ length: answers(node, index) as number }, (_, i) =>
          sequence(node.body, [...index, i], before),
        );
        return one(node.join, index, [...before, ...children.flat()]);
      }
      case "branch":
        return one(
          node.join,
          index,
          node.branches.flatMap(({ body }) => sequence(body, index, before)),
        );
      case "switch":
        return sequence(caseOf(node, answers(node, index) as string), index, before);
      case "loop": {
        let last = before;
        let round = -1;
        do {
          round += 1;
          last = sequence(node.body, [...index, round], last);
        } while (answers(node, [...index, round]) === true);
        return last;
      }
    }
  };
  sequence(nodes, [], []);
  return order;
}

export function tasksOf(nodes: readonly GraphNode[], answers: Answers): ReadonlySet<string> {
  return new Set(orderOf(nodes, answers).keys());
}

function caseOf(node: SwitchNode, value: string): readonly GraphNode[] {
  return node.cases.find((one) => one.value === value)?.body ?? node.otherwise ?? [];
}

export interface Simulation {
  readonly result: ExecutionResult;
  /** `step/index` in the order they finished. */
  readonly tasks: readonly string[];
  /** Tasks that began before one that they come after had finished. */
  readonly early: readonly string[];
  readonly jobs: readonly { readonly step: string; readonly size: number | undefined }[];
  readonly recorded: readonly RecordFailureRequest[];
  /** The last payload that each state was entered with. */
  readonly inputs: ReadonlyMap<string, string>;
  /** The events of each execution, as Step Functions counts them: the run's own first, then those within it. */
  readonly histories: readonly number[];
}

export interface SimulationOptions {
  readonly enter?: string;
  readonly finished?: ReadonlySet<string>;
  readonly failing?: readonly string[];
  readonly order?: ReadonlyMap<string, readonly string[]>;
  /** Whether every child of an array job is a task of its own here. */
  readonly children?: boolean;
  /** How much a machine may be; as much as Step Functions takes unless another is named. */
  readonly size?: MachineSize;
}

export async function simulate(flow: Graph, answers: Answers, options: SimulationOptions = {}): Promise<Simulation> {
  const run = new SimulatedRun(flow, answers, options);
  const histories: Histories[] = [];
  const result = await executeFlow(
    compile(flow, offlineResources, options.size),
    machineInput(run.key, SECRET, options.enter) as unknown as JsonObject,
    {
      integrations: (resource, input) => run.answer(resource, input),
      onExecution(machine) {
        const history = new Histories(machine);
        histories.push(history);
        return (event) => {
          history.add(event);
          if (event.type === "StateEntered") run.inputs.set(event.state, JSON.stringify(event.input));
        };
      },
      clock: { now: () => 0, sleep: async () => {} },
    },
  );
  const { tasks, early, jobs, recorded, inputs } = run;
  return { result, tasks, early, jobs, recorded, inputs, histories: histories.flatMap(({ counts }) => counts) };
}

/** What an account would do for a run, noted. */
class SimulatedRun implements Omit<Simulation, "result" | "histories"> {
  readonly key: RunKey;
  readonly tasks: string[] = [];
  readonly early: string[] = [];
  readonly jobs: { step: string; size: number | undefined }[] = [];
  readonly recorded: RecordFailureRequest[] = [];
  readonly inputs = new Map<string, string>();
  readonly #answers: Answers;
  readonly #options: SimulationOptions;
  readonly #lineage: Lineage;
  readonly #finished: Set<string>;

  constructor(flow: Graph, answers: Answers, options: SimulationOptions) {
    this.key = { flow: flow.name, run: 42 };
    this.#answers = answers;
    this.#options = options;
    this.#lineage = lineageOf(flow);
    this.#finished = new Set(options.finished);
  }

  async answer(resource: string, input: Json): Promise<Json> {
    switch (resource) {
      case INTEGRATIONS.job:
        return this.#job(input as JsonObject);
      case INTEGRATIONS.invoke:
        return { Payload: await this.#invoke(input as unknown as { FunctionName: string; Payload: unknown }) };
      case INTEGRATIONS.read: {
        const { run, node, index } = parseControlKey((input as unknown as { Key: ControlItemKey }).Key);
        assert.deepEqual(run, this.key);
        assert.equal(this.#lineage.controls.get(node)!.known, "written");
        return { Item: controlItem(run, { node, index, value: this.#valueAt(node, index) }) as unknown as Json };
      }
      case INTEGRATIONS.items:
        return zeros;
      default:
        throw new Error(`what is ${resource}?`);
    }
  }

  async #job(input: JsonObject): Promise<Json> {
    const { Environment } = input["ContainerOverrides"] as unknown as {
      Environment: { Name: string; Value: string }[];
    };
    const env = Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value])) as Record<string, string>;
    const { MILLRACE_STEP: name = "", MILLRACE_INDEX: index = "", MILLRACE_OFFSET: offset } = env;
    assert.equal(env["MILLRACE_RUN"], `${this.key.flow}/42`);
    assert.equal(
      Environment.every(({ Value }) => typeof Value === "string"),
      true,
    );
    const size = (input["ArrayProperties"] as { Size?: number } | undefined)?.Size;
    this.jobs.push({ step: name, size });
    const proof = env[TASK_ENVIRONMENT.startProof];
    if (size === undefined) {
      assert.equal(proof, startProof(SECRET, name, index));
      await this.#perform(name, [index]);
    } else {
      assert.ok(size >= 2 && size <= 10_000, `an array job has 2 to 10,000 children, not ${size}`);
      const depth = this.#lineage.steps.get(name)!.depth - 1;
      assert.equal(proof, startProof(SECRET, name, arrayIndexOf(arrayChildIndex(index, depth, 0))));
      const hasChildren = this.#options.children !== false;
      const positions = hasChildren ? Array.from({ length: size }, (_, i) => Number(offset) + i) : [];
      await this.#perform(
        name,
        positions.map((position) => arrayChildIndex(index, depth, position)),
      );
    }
    return { JobId: "made-up" };
  }

  async #invoke({ FunctionName, Payload }: { FunctionName: string; Payload: unknown }): Promise<Json> {
    if (FunctionName === offlineResources.runner.default) {
      const { step: name, index, proof } = Payload as RunnerRequest;
      assert.equal(proof, startProof(SECRET, name, index));
      await this.#perform(name, [index]);
      const key = askedNext(this.#lineage, name, index);
      return key ? { control: this.#fieldsAt(key.node, key.index) } : {};
    }
    const request = Payload as BookkeepingRequest;
    if (request.action === "control") {
      assert.equal(this.#lineage.controls.get(request.node)!.known, "asked");
      return this.#fieldsAt(request.node, request.index);
    }
    this.recorded.push(request);
    const caught = request.width === undefined ? [request.index] : [];
    for (const index of caught) this.#finished.add(`${request.step}/${index}`);
    return null;
  }

  async #perform(name: string, indices: readonly string[]): Promise<void> {
    const { order, failing } = this.#options;
    const named = indices.map((index) => `${name}/${index}`);
    this.early.push(...named.filter((task) => order?.get(task)?.some((before) => !this.#finished.has(before))));
    await Promise.resolve();
    if (failing?.includes(name)) throw new TaskFailure("States.TaskFailed", `out of luck ${"x".repeat(2_000)}`);
    for (const task of named) this.#finished.add(task);
    this.tasks.push(...named);
  }

  #valueAt(name: string, index: string): ControlValue {
    const { node, depth } = this.#lineage.controls.get(name)!;
    const place = depth + (node.type === "loop" ? 1 : 0) === 0 ? [] : index.split(".").map(Number);
    const answer = this.#answers(node, place);
    if (typeof answer === "number") return { type: "foreach", width: answer, pages: [], pageSize: 1 };
    return typeof answer === "string" ? { type: "switch", case: answer } : { type: "loop", again: answer };
  }

  #fieldsAt(name: string, index: string): JsonObject {
    return controlFields(this.#valueAt(name, index)) as unknown as JsonObject;
  }
}
const SECRET = "of-a-run".padEnd(43, "x");

const zeros: Json = Array.from({ length: 40_000 }, () => 0);

/** A run's tasks, and those of them that began too early. */
export async function simulateInOrder(flow: Graph, answers: Answers, size?: MachineSize) {
  const { result, tasks, early } = await simulate(flow, answers, {
    order: orderOf(flow.body, answers),
    ...(size && { size }),
  });
  return { status: result.status, tasks: tasks.toSorted(), early };
}

export function tasksInOrder(flow: Graph, answers: Answers) {
  return { status: "SUCCEEDED", tasks: [...tasksOf(flow.body, answers)].toSorted(), early: [] };
}
