import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeWholeFolder } from "../../runtime/package/whole-folder.ts";
import type { CodeFolder, Runner } from "../../runtime/lambda/lambda-runner.ts";
import type { TaskApi } from "../../runtime/task-client.ts";
import { RUNNER_CODE } from "../../statemachines/contract/runner-function.ts";
import { unpackArchive } from "../../store/code/code-archive.ts";

/** What carries out steps of any flow in this process, each with the code package that its run has. */
export function runnerHere(api: TaskApi): Runner {
  const home = mkdtempSync(join(tmpdir(), "millrace-runner-"));
  const folders = new Map<string, Promise<CodeFolder>>();
  const unpack = async (hash: string, url: string): Promise<CodeFolder> => {
    const files = unpackArchive(new Uint8Array(await (await fetch(url)).arrayBuffer()));
    const root = join(home, hash);
    makeWholeFolder(
      root,
      Object.fromEntries(Object.entries(files).map(([name, text]) => [join(RUNNER_CODE.folder, name), text])),
    );
    return { root, folder: join(root, RUNNER_CODE.folder) };
  };
  return {
    api,
    code: ({ hash, url }) => {
      if (!folders.has(hash)) folders.set(hash, unpack(hash, url));
      return folders.get(hash)!;
    },
  };
}
