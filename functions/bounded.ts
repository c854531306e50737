import { createContext, Script } from "node:vm";

const context = createContext(Object.create(null) as object);
const script = new Script("work()");

/** How often work is begun anew that got no CPU in its time, as where the machine is busy. */
const TURNS = 10;

/**
 * Does work that input from outside can make endless: a pattern that backtracks, references that multiply. It is ended after
 * so many milliseconds of work, also within a regular expression (Node's `vm`, option `timeout`).
 *
 * @returns what the work returned, or undefined where it was ended or went too deep for the stack.
 */
export function withinBounds<T extends object>(milliseconds: number, work: () => T): T | undefined {
  context["work"] = work;
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      const before = process.cpuUsage();
      try {
        return script.runInContext(context, { timeout: milliseconds }) as T;
      } catch (error) {
        if (error instanceof RangeError) return undefined;
        if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
        const { user, system } = process.cpuUsage(before);
        if (user + system > milliseconds * 900) return undefined;
      }
    }
    return undefined;
  } finally {
    delete context["work"];
  }
}
