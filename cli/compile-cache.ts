import { mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What newer Nodes can do: keep compiled code for the next start. */
export interface CompileCache {
  readonly enableCompileCache?: (folder?: string) => unknown;
}

/**
 * Has Node keep compiled code in this user's own cache folder. Node's own choice is below the folder for temporary files, where
 * another user may have put something before. NODE_COMPILE_CACHE names another place.
 */
export function enableCompileCache({ enableCompileCache: enable }: CompileCache, env: NodeJS.ProcessEnv): void {
  if (!enable || env["NODE_COMPILE_CACHE"]) return void enable?.();
  const folder = join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "millrace");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0)) return;
    enable(folder);
  } catch {
    // Without a folder of this user's own, every start compiles anew.
  }
}
