import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { MillraceError } from "../../graph/errors.ts";

const FOLDER = ".millrace";

/**
 * The folder of the local store: MILLRACE_HOME where it is set; else `.millrace` beside the flow's file, there or not. Where no
 * file is given, the one that is there: in the working directory or the nearest above it, else the only one that is at
 * most two folders below. Throws MillraceError `store.missing` and `store.ambiguous`.
 */
export function findHome(flowFile?: string): string {
  const set = process.env["MILLRACE_HOME"];
  if (set) return resolve(set);
  if (flowFile !== undefined) return join(dirname(resolve(flowFile)), FOLDER);
  const here = process.cwd();
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, FOLDER))) return join(folder, FOLDER);
    if (folder === dirname(folder)) break;
  }
  const below = [...homesBelow(here, 2)];
  if (below.length === 1) return below[0]!;
  if (below.length === 0) {
    throw new MillraceError(
      "store.missing",
      `no run was made here: there is no ${FOLDER} in ${here}, above it or two folders below`,
      {
        hint: "Change into the folder of your flow, or set MILLRACE_HOME to the store's folder.",
      },
    );
  }
  const names = below.map((home) => relative(here, home)).join(", ");
  throw new MillraceError("store.ambiguous", `there is more than one store below ${here}: ${names}`, {
    hint: "Change into the folder of your flow, or set MILLRACE_HOME to one of them.",
  });
}

function* homesBelow(folder: string, deeper: number): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.name === FOLDER) yield path;
    else if (deeper > 0 && !entry.name.startsWith(".")) {
      try {
        yield* homesBelow(path, deeper - 1);
      } catch {
        // A folder that may not be read holds no store of this user's.
      }
    }
  }
}
