import type { StepOptions } from "../../graph/graph.ts";
import { askedSize, fargateSize, placeOf as jobPlaceOf, type ContainerSize } from "../container-size.ts";
import { retriesOf } from "../contract/retries.ts";

/** Where a step's tasks run in an account, as serverless.yml has it unless its parameters say otherwise. */
export const DEPLOYMENT = {
  /** CPUs of each queue at once: maxCpus. */
  maxCpus: 256,
  /** Memory of each function in MiB; a flow's own has what runner-size.ts says. */
  runsMiB: 512,
  tasksMiB: 1_024,
  signMiB: 512,
  dispatchMiB: 512,
  /** The job definition's own size, for a step that asks for none. */
  container: { cpu: 1, memoryMiB: 2_048 },
  /** Whether containers have public addresses: network is "public". */
  hasAddresses: true,
  /** Whether what a distributed Map's children answer goes to the bucket. */
  keepsMapRuns: true,
} as const;

export type ComputePlace =
  | { readonly type: "lambda" }
  | { readonly type: "fargate"; readonly isSpot: boolean; readonly size: ContainerSize }
  /** On a machine of its own, whose price depends on which one Batch finds. */
  | { readonly type: "ec2" | "gpu" };

export function taskPlaceOf(options: StepOptions): ComputePlace {
  if (options.compute === "lambda") return { type: "lambda" };
  const asked = askedSize(options);
  const asksNothing = asked.cpu === undefined && asked.memoryMiB === undefined;
  const size = asksNothing ? DEPLOYMENT.container : fargateSize(asked);
  const type = jobPlaceOf(options);
  if (type !== "fargate" || !size) return { type: type === "gpu" ? "gpu" : "ec2" };
  return { type, isSpot: retriesOf(options) > 0, size };
}

/** `Fargate Spot, 1 vCPU, 2 GiB` */
export function describePlace(place: ComputePlace): string {
  if (place.type === "lambda") return "Lambda";
  if (place.type !== "fargate") return place.type === "gpu" ? "EC2 with GPU" : "EC2";
  const { cpu, memoryMiB } = place.size;
  return `Fargate${place.isSpot ? " Spot" : ""}, ${cpu} vCPU, ${Number((memoryMiB / 1_024).toFixed(2))} GiB`;
}
