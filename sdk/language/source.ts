import { fileURLToPath } from "node:url";

/** Where the author called one of the builder's functions: a stack that is only turned to text when asked for. */
export interface CallSite {
  readonly stack?: string;
}

export interface Place {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The place of the call to `callee`, one of our own functions on the stack: its caller is the author. */
export function callSite(callee: (...inputs: never) => unknown): CallSite {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  const site: CallSite = {};
  Error.captureStackTrace(site, callee);
  Error.stackTraceLimit = limit;
  return site;
}

/** Reads the call's place from its stack, through source maps where Node has them; undefined in an eval. */
export function sourcePlaceOf(site: CallSite): Place | undefined {
  const frame = site.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  const found = frame && /(?:at |\()((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/.exec(frame.trim());
  if (!found) return undefined;
  const [, path = "", line, column] = found;
  return {
    file: path.startsWith("file:") ? fileURLToPath(path) : path,
    line: Number(line),
    column: Number(column),
  };
}

/** `path:line:column`, the path relative to the working directory if it is below it. */
export function formatPlace({ file, line, column }: Place): string {
  const here = `${process.cwd()}/`;
  return `${file.startsWith(here) ? file.slice(here.length) : file}:${line}:${column}`;
}
