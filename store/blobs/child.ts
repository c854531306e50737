import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { build } from "esbuild";

/** For tests: makes a TypeScript program, whose imports are relative to `folder`, ready to be run as a process of its own. */
export async function childProgram(folder: string, source: string): Promise<() => Promise<string>> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: folder, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
  });
  const script = outputFiles[0]!.text;
  return async () => (await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script])).stdout;
}
