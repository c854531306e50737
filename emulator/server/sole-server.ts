import { lstatSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../../graph/errors.ts";
import { PRIVATE_FILE } from "../../store/home/home-folder.ts";

/**
 * Sees to it that one server at most carries out a store's runs, and answers how it gives the store back. Throws
 * MillraceError `server.running`.
 */
export function claimStore(home: string): () => void {
  const file = join(home, "server.pid");
  try {
    writeFileSync(file, String(process.pid), PRIVATE_FILE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const pid = pidIn(file);
    if (pid > 0 && isAlive(pid))
      throw new MillraceError("server.running", `process ${pid} serves ${home} already`, {
        hint: "Use that one, end it, or set MILLRACE_HOME to another folder.",
      });
    // It was killed. What stands there may be a link, which is not followed.
    rmSync(file, { force: true });
    writeFileSync(file, String(process.pid), PRIVATE_FILE);
  }
  return () => rmSync(file, { force: true });
}

/** Not a number where it is something else than what a server writes there. */
function pidIn(file: string): number {
  const isFile = lstatSync(file, { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? Number(readFileSync(file, "utf8")) : Number.NaN;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
