import type { JsonObject, StepOptions } from "../graph/graph.ts";
import { parseSize } from "../graph/units.ts";
import { FARGATE_SIZES } from "./limits.ts";

export interface ContainerSize {
  readonly cpu: number;
  readonly memoryMiB: number;
}

/** What a step asks for. */
export function askedSize(options: StepOptions): Partial<ContainerSize> {
  return {
    ...(options.cpu !== undefined && { cpu: options.cpu }),
    ...(options.memory !== undefined && { memoryMiB: parseSize(options.memory) }),
  };
}

/** The smallest container on Fargate that has at least this; undefined where there is none. */
export function fargateSize({ cpu = 0, memoryMiB: memory = 0 }: Partial<ContainerSize>): ContainerSize | undefined {
  const size = FARGATE_SIZES.find((one) => one.cpu >= cpu && one.max >= memory);
  if (!size) return undefined;
  return {
    cpu: size.cpu,
    memoryMiB: size.min + Math.max(0, Math.ceil((memory - size.min) / size.step)) * size.step,
  };
}

/** Where in AWS a step's job can be: what is larger than a container on Fargate, or has a GPU, is on a machine of its own. */
export function placeOf(options: StepOptions): "fargate" | "ec2" | "gpu" {
  if (options.gpu !== undefined) return "gpu";
  return fargateSize(askedSize(options)) ? "fargate" : "ec2";
}

/**
 * A job's ResourceRequirements: on Fargate the size above, since others are refused there; with a GPU just what is
 * asked for. Empty where the step asks for nothing and the job definition's own size will do.
 */
export function resourceRequirements(options: StepOptions): JsonObject[] {
  const asked = askedSize(options);
  if (options.gpu === undefined && asked.cpu === undefined && asked.memoryMiB === undefined) return [];
  // What no container on Fargate has goes as it is: deploying says so (resources-for.ts).
  const size = options.gpu === undefined ? (fargateSize(asked) ?? asked) : asked;
  return [
    ...(size.cpu === undefined ? [] : [{ Type: "VCPU", Value: String(size.cpu) }]),
    ...(size.memoryMiB === undefined ? [] : [{ Type: "MEMORY", Value: String(size.memoryMiB) }]),
    ...(options.gpu === undefined ? [] : [{ Type: "GPU", Value: String(options.gpu) }]),
  ];
}
