import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../../graph/errors.ts";

/**
 * Sees to it that one server at most carries out a store's runs, and answers how it gives the store back. Throws
 * MillraceError `server.running`.
 */
export function claimStore(home: string): () => void {
  const file = join(home, "server.pid");
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const pid = Number(readFileSync(file, "utf8"));
    if (pid > 0 && isAlive(pid))
      throw new MillraceError("server.running", `process ${pid} serves ${home} already`, {
        hint: "Use that one, end it, or set MILLRACE_HOME to another folder.",
      });
    // It was killed.
    writeFileSync(file, String(process.pid));
  }
  return () => rmSync(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
