import type { Definition } from "../sdk/language/definition.ts";
import { lineageOf } from "../graph/lineage.ts";

/** Sets a step's own environment variables; what it answers puts back those of before, for the process's next task. */
export function applyEnvironment({ graph }: Definition, step: string): () => void {
  const { env } = lineageOf(graph).steps.get(step)!.node.options;
  if (!env) return () => {};
  const before = Object.keys(env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, env);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
