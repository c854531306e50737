const asked = process.env["MILLRACE_TEST_WIDE"];

/**
 * Whether the widest tests run too, which take as long as all others together: MILLRACE_TEST_WIDE=1, as `.ci/run` sets
 * it. With `all` even those run that take minutes each.
 */
export const isWidest = asked !== undefined && asked !== "";
export const runsAll = asked === "all";

/** In place of an account, where a file has one of its own for its widest tests. */
export const NOT_WIDEST = { skipped: "MILLRACE_TEST_WIDE is not set" };

/** The first few of many examples; all of them among the widest. */
export function examples<T>(all: readonly T[], few: number): readonly T[] {
  return isWidest ? all : all.slice(0, few);
}
