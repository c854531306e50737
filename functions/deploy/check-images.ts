import type { Graph } from "../../graph/graph.ts";
import type { Mistake } from "../../graph/mistake.ts";
import { stepsOf } from "../../graph/walk.ts";

/** An image in a registry of Amazon ECR, and its repository there. */
const IN_ECR = /^\d{12}\.dkr\.ecr\.[^/]+\/([^:@]+)/;

/**
 * The steps whose images the deployment may not pull. `repositories` are those of the account's own registry that it may: a
 * name, or the beginning of several before `/*`.
 */
export function checkImages(graph: Graph, repositories: readonly string[]): Mistake[] {
  return stepsOf(graph.body).flatMap(({ name: step, options: { image } }) => {
    const [, repository] = IN_ECR.exec(image ?? "") ?? [];
    if (repository === undefined || repositories.some((one) => isOf(repository, one))) return [];
    return {
      code: "step.image",
      message: `its image is in the repository ${repository}, which the deployment may not pull from`,
      where: { flow: graph.name, step },
      hint: `Name the repository: npx sls deploy --param imageRepositories=${[...repositories, repository].join(",")}`,
    };
  });
}

function isOf(repository: string, named: string): boolean {
  return named.endsWith("/*") ? repository.startsWith(named.slice(0, -1)) : repository === named;
}
