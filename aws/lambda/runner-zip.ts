import { zipSync, type ZipAttributes } from "fflate";
import { createHash } from "node:crypto";
import { MillraceError } from "../../graph/errors.ts";
import { RUNNER_CODE } from "../../statemachines/contract/runner-function.ts";
import { LIMITS } from "../../statemachines/limits.ts";
import { unpackArchive } from "../../store/code/code-archive.ts";

/** A flow's code package as Lambda takes it. */
export interface RunnerZip {
  readonly bytes: Uint8Array;
  /** As Lambda says it: the SHA-256 in Base64. */
  readonly sha256: string;
}

/** An ordinary file that all may read; the same time for all, so that equal files give equal bytes. */
const FILE: ZipAttributes = { os: 3, attrs: (0o100644 << 16) >>> 0, mtime: "1980-01-01T00:00:00" };

/** Throws MillraceError `code.tooLarge` where it is more than Lambda takes. */
export function runnerZip(flow: string, archive: Uint8Array): RunnerZip {
  const files: Record<string, [Uint8Array, ZipAttributes]> = {};
  let unpacked = 0;
  for (const [name, text] of Object.entries(unpackArchive(archive))) {
    const content = Buffer.from(text);
    unpacked += content.length;
    files[`${RUNNER_CODE.folder}/${name}`] = [content, FILE];
  }
  if (unpacked > LIMITS.lambdaUnzippedBytes) throw tooLarge(flow, "unpacked", LIMITS.lambdaUnzippedBytes);
  const bytes = zipSync(files);
  if (bytes.length > LIMITS.lambdaZipBytes) throw tooLarge(flow, "zipped", LIMITS.lambdaZipBytes);
  return { bytes, sha256: createHash("sha256").update(bytes).digest("base64") };
}

function tooLarge(flow: string, how: string, bytes: number): MillraceError {
  return new MillraceError(
    "code.tooLarge",
    `its code package has more than ${bytes / 1024 / 1024} MiB ${how}, which is what a function of Lambda may have`,
    { where: { flow }, hint: 'Send its steps to Batch (compute: "batch"), or import less.' },
  );
}
