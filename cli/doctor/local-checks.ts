import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { findHome } from "../../store/home/find-home.ts";
import { MillraceError } from "../../graph/errors.ts";
import { formatBytes } from "../output/words.ts";
import { wrong, type Check } from "./check.ts";

/** Below this a run's artifacts may soon have no place. */
const LEAST_FREE_BYTES = 1024 ** 3;

/** What a run on this machine needs. */
export function localChecks(): Check[] {
  return [
    nodeCheck,
    {
      name: "store",
      async look() {
        const home = homeHere();
        const folder = nearestFolder(home);
        try {
          accessSync(folder, constants.W_OK);
        } catch {
          throw wrong(
            `${folder} can't be written to, where runs are kept`,
            "Set MILLRACE_HOME to a folder of your own.",
          );
        }
        return existsSync(home) ? `${home} can be written to` : `${home} can be made`;
      },
    },
    {
      name: "disk",
      async look() {
        const { bavail, bsize } = statfsSync(nearestFolder(homeHere()));
        const free = formatBytes(bavail * bsize);
        if (bavail * bsize < LEAST_FREE_BYTES)
          throw wrong(`only ${free} are free where runs are kept`, "Make room there.");
        return `${free} are free`;
      },
    },
    {
      name: "esbuild",
      async look() {
        try {
          const { transform, version } = await import("esbuild");
          await transform("let flow: string", { loader: "ts" });
          return `${version} works`;
        } catch (error) {
          throw wrong(
            `esbuild, which reads flows, does not work: ${(error as Error).message.split("\n")[0]}`,
            "Install the packages anew on this machine: npm ci",
          );
        }
      },
    },
  ];
}

export const nodeCheck: Check = { name: "Node", look: async () => `${process.versions.node} will do` };

/** Where a run that is begun here would be kept. */
function homeHere(): string {
  try {
    return findHome();
  } catch (error) {
    if (error instanceof MillraceError) return resolve(".millrace");
    throw error;
  }
}

function nearestFolder(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestFolder(dirname(path));
}
