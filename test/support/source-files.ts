import { readdirSync } from "node:fs";
import { join } from "node:path";

export const repository = join(import.meta.dirname, "../..");

/** The folders of the code that runs for users. */
export const SOURCE_FOLDERS: readonly string[] = [
  "graph",
  "sdk",
  "statemachines",
  "store",
  "tasks",
  "runtime",
  "engine",
  "emulator",
  "functions",
  "aws",
  "cli",
];

/** All files in these folders, by their paths from the repository's root. */
export function sourceFiles(): string[] {
  return SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  );
}
