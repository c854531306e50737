import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packArchive, type CodeArchive } from "../../store/code/code-archive.ts";
import { ARCHIVED } from "../../store/code/code-archive-files.ts";
import type { CodePackage } from "./code-package.ts";

/** A code package as an account stores it. */
export async function buildCodeArchive({ bundle }: Pick<CodePackage, "bundle">): Promise<CodeArchive> {
  const [flow, map, runtime] = await Promise.all([
    readFile(bundle, "utf8"),
    readFile(`${bundle}.map`, "utf8"),
    containerRuntime(),
  ]);
  return packArchive({ [ARCHIVED.flow]: flow, [ARCHIVED.map]: map, [ARCHIVED.runtime]: runtime });
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
      entryPoints: [join(here, "../task-runtime.ts")],
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
