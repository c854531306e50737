import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { MillraceError } from "../../graph/errors.ts";
import { quote } from "../../graph/mistake.ts";
import { hashOf } from "../../store/blobs/hash.ts";
import { ARCHIVED } from "./code-archive-files.ts";
import type { CodePackage } from "./code-package.ts";

/**
 * A code package as an account stores it: the flow's bundle, its source map, and the runtime that calls its steps, so that
 * a container needs nothing but node. It is a JSON object of file name → text, compressed by Brotli; equal files give
 * equal bytes, so what is unchanged is not uploaded again.
 */
export interface CodeArchive {
  /** The SHA-256 of the bytes. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

export async function buildCodeArchive({ bundle }: Pick<CodePackage, "bundle">): Promise<CodeArchive> {
  const [flow, map, runtime] = await Promise.all([
    readFile(bundle, "utf8"),
    readFile(`${bundle}.map`, "utf8"),
    containerRuntime(),
  ]);
  return packArchive({ [ARCHIVED.flow]: flow, [ARCHIVED.map]: map, [ARCHIVED.runtime]: runtime });
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

let runtime: Promise<string> | undefined;

/** The built runtime beside the running program; made from the sources where these are what runs. */
function containerRuntime(): Promise<string> {
  return (runtime ??= (async () => {
    const here = dirname(fileURLToPath(import.meta.url));
    const isSource = import.meta.url.endsWith(".ts");
    if (!isSource) {
      for (const folder of [here, dirname(here)]) {
        const text = await readFile(join(folder, "container.cjs"), "utf8").catch(() => undefined);
        if (text !== undefined) return text;
      }
      throw new Error(`millrace's own container.cjs is missing near ${here}`);
    }
    const { build } = await import("esbuild");
    const { outputFiles } = await build({
      entryPoints: [join(here, "../container/container.ts")],
      write: false,
      bundle: true,
      minify: true,
      format: "cjs",
      platform: "node",
      target: "node20.19",
    });
    return outputFiles[0]!.text;
  })());
}
