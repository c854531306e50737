import { MillraceError } from "../../graph/errors.ts";

/** One thing that is looked at. */
export interface Check {
  readonly name: string;
  /** What was found where all is well. Throws MillraceError where it is not; `onProgress` is for what a person waits for meanwhile. */
  look(onProgress: (progress: string) => void): Promise<string>;
  /** Nothing after it is worth a look where it fails. */
  readonly isNeeded?: true;
}

export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
}

/** Looks at one thing. Any error becomes a finding, so that the checks after it are made all the same. */
export async function carryOut(check: Check, onProgress: (progress: string) => void): Promise<Finding> {
  try {
    return { check: check.name, ok: true, message: await check.look(onProgress) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof MillraceError ? error.hint : undefined;
    return { check: check.name, ok: false, message, ...(hint !== undefined && { hint }) };
  }
}

export function wrong(message: string, hint?: string): MillraceError {
  return new MillraceError("doctor.wrong", message, { hint });
}
