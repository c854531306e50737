import type { Graph } from "../../graph/graph.ts";
import type { Mistake } from "../../graph/mistake.ts";
import { stepsOf } from "../../graph/walk.ts";

/** Whose secrets a flow's steps may refer to, by the beginnings of the secrets' names. */
export interface SecretNames {
  /** Below it each flow has its own: `millrace/dev/`. */
  readonly ofFlows: string;
  /** What every flow may refer to, such as `shared/`. Empty where the deployment names none. */
  readonly shared: readonly string[];
}

/**
 * The secrets that a flow's steps name and that are not theirs: another flow's, another stage's, or the account's. AWS can
 * tell the stage's from others alone, for all of its containers are started by one role.
 */
export function checkSecrets(graph: Graph, { ofFlows, shared }: SecretNames): Mistake[] {
  const own = `${ofFlows}${graph.name}/`;
  return stepsOf(graph.body).flatMap(({ name: step, options: { secrets = {} } }) =>
    Object.entries(secrets).flatMap(([variable, reference]) => {
      const name = nameOf(reference);
      if (name !== undefined && [own, ...shared].some((beginning) => name.startsWith(beginning))) return [];
      return {
        code: "step.secret",
        message: `its secret ${variable} refers to ${reference}, which is not this flow's`,
        where: { flow: graph.name, step },
        hint: `Give it a name below ${own}, as a secret or (with a / before it) as a parameter. What all flows share is below a prefix that the stack has as a parameter: npx sls deploy --param secretsPrefix=shared/`,
      };
    }),
  );
}

/**
 * What a reference names: the ARN of a secret (of a part of one, or a version, too) or of a parameter, or a parameter's own
 * name. Source: Batch API reference, "Secret", valueFrom.
 */
function nameOf(reference: string): string | undefined {
  if (!reference.startsWith("arn:")) return reference.replace(/^\//, "");
  const [, , service, , , ...rest] = reference.split(":");
  if (service === "secretsmanager" && rest[0] === "secret") return rest[1];
  if (service === "ssm" && rest.length === 1) return /^parameter\/(.+)$/.exec(rest[0]!)?.[1];
  return undefined;
}
