import type { StepNode, StepOptions } from "../graph/graph.ts";
import { placeOf } from "./container-size.ts";

/** What a step's jobs must have of their own, beyond what the deployment's job definition has for every step. */
export interface JobWanted {
  readonly image?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable → ARN or name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What Fargate has not got: a GPU, or as much. */
  readonly needsEc2: boolean;
}

/** The one place that says whether a step has a job definition of its own; undefined where the deployment's will do. */
function jobWanted(options: StepOptions): JobWanted | undefined {
  const { compute, image, env = {}, secrets = {} } = options;
  const needsEc2 = placeOf(options) !== "fargate";
  const isPlain = image === undefined && !needsEc2 && ![env, secrets].some((one) => Object.keys(one).length > 0);
  if (compute === "lambda" || isPlain) return undefined;
  return { ...(image !== undefined && { image }), env, secrets, needsEc2 };
}

/** Of the steps those that have one, by their names. */
export function jobsWanted(steps: readonly StepNode[]): Record<string, JobWanted> {
  return Object.fromEntries(
    steps.flatMap(({ name, options }) => {
      const wanted = jobWanted(options);
      return wanted ? [[name, wanted]] : [];
    }),
  );
}
