import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { MillraceError } from "../../graph/errors.ts";
import { quote } from "../../graph/mistake.ts";
import { hashOf } from "../blobs/hash.ts";

/**
 * A code package as an account stores it: the flow's bundle, its source map, and the runtime that calls its steps, so that
 * a container needs nothing but node (code-archive-files.ts has their names). It is a JSON object of file name → text,
 * compressed by Brotli; equal files give equal bytes, so what is unchanged is not uploaded again.
 */
export interface CodeArchive {
  /** The SHA-256 of the bytes. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

export function packArchive(files: Readonly<Record<string, string>>): CodeArchive {
  const bytes = brotliCompressSync(JSON.stringify(files), { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  return { hash: hashOf([bytes]), bytes };
}

/** No archive unpacks to more; the SHA-256 that names it says nothing of what it is. */
const UNPACKED_BYTES = 256 * 1024 * 1024;

/** The files of an archive, which is anybody's who may deploy. Throws MillraceError `code.damaged`. */
export function unpackArchive(bytes: Uint8Array): Readonly<Record<string, string>> {
  let files: unknown;
  try {
    files = JSON.parse(brotliDecompressSync(bytes, { maxOutputLength: UNPACKED_BYTES }).toString("utf8"));
  } catch (error) {
    throw damaged((error as Error).message, error);
  }
  if (typeof files !== "object" || files === null || Array.isArray(files)) throw damaged("it holds no files");
  for (const [path, text] of Object.entries(files)) {
    if (typeof text !== "string") throw damaged(`${quote(path)} is no text`);
    if (!isInside(path)) throw damaged(`${quote(path)} is no path inside of it`);
  }
  return files as Record<string, string>;
}

/** Whether a path stays in the folder that it is put into, on every system. */
function isInside(path: string): boolean {
  return !/[\\:\0]/.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function damaged(what: string, cause?: unknown): MillraceError {
  return new MillraceError("code.damaged", `The code package is damaged: ${what}`, {
    hint: "Deploy the flow again, or start a new run of it.",
    cause,
  });
}
