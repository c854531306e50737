import type { Graph, GraphNode, RetryOptions, StepNode } from "../../graph/graph.ts";
import { describeSchedule, schedulesOf } from "../../graph/schedule.ts";
import { describeParameters } from "../parameters.ts";

/** A branch of a drawn tree: its line and what hangs below it. */
interface Twig {
  readonly line: string;
  readonly below: readonly Twig[];
}

/** The graph as a tree of lines: what runs, in what order, with which options. */
export function formatTree(graph: Graph): string {
  const lines = [graph.name + (graph.description ? `: ${graph.description}` : "")];
  for (const one of schedulesOf(graph)) lines.push(`schedule ${describeSchedule(one)}`);
  const parameters = describeParameters(graph.parameters);
  if (parameters.length > 0) lines.push("parameters", ...parameters);
  return [...lines, ...draw(twigs(graph.body))].join("\n");
}

function twigs(body: readonly GraphNode[]): Twig[] {
  return body.flatMap((node): Twig[] => {
    switch (node.type) {
      case "step":
        return [stepTwig(node)];
      case "foreach": {
        const atOnce = node.concurrency === undefined ? "" : `  at most ${node.concurrency} at once`;
        return [
          { line: `foreach ${node.as} of ${node.over}${atOnce}`, below: twigs(node.body) },
          stepTwig(node.join, "join "),
        ];
      }
      case "branch":
        return [
          {
            line: "branch",
            below: node.branches.map(({ name, body: inner }) => ({
              line: `${name}:`,
              below: twigs(inner),
            })),
          },
          stepTwig(node.join, "join "),
        ];
      case "switch": {
        const cases = node.cases.map((one) => ({
          line: `case ${one.value}:`,
          below: twigs(one.body),
        }));
        const otherwise = node.otherwise ? [{ line: "otherwise:", below: twigs(node.otherwise) }] : [];
        return [{ line: `switch ${node.on}`, below: [...cases, ...otherwise] }];
      }
      case "loop":
        return [{ line: `loop while ${node.while}  at most ${node.max} rounds`, below: twigs(node.body) }];
    }
  });
}

function stepTwig(node: StepNode, before = ""): Twig {
  const options = describeOptions(node);
  return { line: `${before}${node.name}${options && `  ${options}`}`, below: [] };
}

function draw(all: readonly Twig[], indent = ""): string[] {
  return all.flatMap(({ line, below }, at) => {
    const isLast = at === all.length - 1;
    return [`${indent}${isLast ? "└─ " : "├─ "}${line}`, ...draw(below, `${indent}${isLast ? "   " : "│  "}`)];
  });
}

/** `batch 4GiB retry 3`: what a step asks for, in as few words as say it. */
export function describeOptions({ options }: StepNode): string {
  const { compute, cpu, memory, gpu, image, retry, timeout, env, secrets } = options;
  const parts = [
    compute,
    cpu !== undefined && `${cpu} cpu`,
    memory,
    gpu !== undefined && `${gpu} gpu`,
    image,
    retry !== undefined && `retry ${typeof retry === "number" ? retry : describeRetry(retry)}`,
    timeout !== undefined && `timeout ${timeout}`,
    options.catch && "catch",
    env && Object.keys(env).length > 0 && `env ${Object.keys(env).join(",")}`,
    secrets && Object.keys(secrets).length > 0 && `secrets ${Object.keys(secrets).join(",")}`,
  ];
  return parts.filter(Boolean).join(" ");
}

function describeRetry({ attempts, backoff, rate, maxDelay, jitter }: RetryOptions): string {
  const after = [
    backoff && `after ${backoff}`,
    rate !== undefined && `× ${rate}`,
    maxDelay && `up to ${maxDelay}`,
    jitter && "with jitter",
  ];
  return [attempts, ...after].filter((part) => part !== undefined && part !== false).join(" ");
}
