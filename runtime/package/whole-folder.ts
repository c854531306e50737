import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PRIVATE_FILE, PRIVATE_FOLDER } from "../../store/home/home-folder.ts";

/** Makes a folder of files, by their paths in it: it is there whole or not at all, whoever else makes it at the moment. */
export function makeWholeFolder(folder: string, files: Readonly<Record<string, string>>): void {
  const making = `${folder}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(making, path)), PRIVATE_FOLDER);
    writeFileSync(join(making, path), text, PRIVATE_FILE);
  }
  try {
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
