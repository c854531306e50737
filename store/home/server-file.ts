import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "./write-whole.ts";

/** Where `millrace emulate` serves a store, and the secret that requests to it are signed with. */
export interface ServedStore {
  readonly url: string;
  readonly secret: string;
}

/** The access key that goes with the secret. */
export const SERVED_KEY_ID = "emulated";

export function serverFile(home: string): string {
  return join(home, "server.json");
}

/** Keeps it, for this user's eyes alone, until the function that it answers is called. */
export function writeServedStore(home: string, served: ServedStore): () => void {
  const file = serverFile(home);
  writeWhole(file, `${JSON.stringify(served)}\n`);
  return () => rmSync(file, { force: true });
}

/** Undefined where nothing serves the store, and where the file is not this user's own. */
export function readServedStore(home: string): ServedStore | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(serverFile(home), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    if (process.getuid && fstatSync(descriptor).uid !== process.getuid()) return undefined;
    const { url, secret } = JSON.parse(readFileSync(descriptor, "utf8")) as Partial<ServedStore>;
    return typeof url === "string" && typeof secret === "string" ? { url, secret } : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
