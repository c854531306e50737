import { renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { PRIVATE_FILE } from "./home-folder.ts";

/** Writes a file for this user's eyes alone, whole or not at all, whoever else writes it at the moment; a link in its place is replaced, not followed. */
export function writeWhole(file: string, text: string | Uint8Array): void {
  const random = Math.floor(Math.random() * 2 ** 32).toString(16);
  const making = join(dirname(file), `.${basename(file).slice(0, 16)}-${process.pid}-${random}`);
  try {
    writeFileSync(making, text, PRIVATE_FILE);
    renameSync(making, file);
  } catch (error) {
    rmSync(making, { force: true });
    throw error;
  }
}
