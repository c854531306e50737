/**
 * What a task shows to begin (the route tasks/start): only the machine of its own run can have made it, since it is made
 * from the run's secret. It is the SHA-256, in hexadecimal, of `SECRET.STEP.INDEX`. No two tasks share that text, for neither
 * a secret nor a step's name has a dot, and whoever has one proof can't make another of it: what could be added behind a
 * text whose hash is known has bytes that no index has.
 *
 * The children of an array job share one job, and so one proof: that of the index that has ARRAY_MARK for the child's own
 * position, which is no task's.
 */
export function startProof(secret: string, step: string, index: string): string {
  // Loaded when it is first wanted, as in store/blobs/hash.ts.
  return process
    .getBuiltinModule("node:crypto")
    .createHash("sha256")
    .update(`${secret}.${step}.${index}`)
    .digest("hex");
}

const ARRAY_MARK = "*";

/** The index that the proof of an array job is made for, whose child stands at `index`. */
export function arrayIndexOf(index: string): string {
  return index.slice(0, index.lastIndexOf(".") + 1) + ARRAY_MARK;
}

/**
 * The same proof as the machine makes it, as an intrinsic function. Of an array job the index is its foreach's, which is
 * constant where the foreach stands in none. The secret is looked up in the execution's input, so that it takes no room in
 * the payload of each state.
 */
export function startProofExpression(
  step: string,
  index: { readonly constant: string | number } | { readonly path: string },
  isArray: boolean,
): string {
  const text = "constant" in index ? (isArray ? ARRAY_MARK : index.constant) : isArray ? `{}.${ARRAY_MARK}` : "{}";
  const taken = "path" in index ? `, ${index.path}` : "";
  return `States.Hash(States.Format('{}.${step}.${text}', ${SECRET_PATH}${taken}), 'SHA-256')`;
}

/** Where a machine finds its run's secret: an execution within a run, and a distributed Map's child, is told it too. */
export const SECRET_PATH = "$$.Execution.Input.secret";
