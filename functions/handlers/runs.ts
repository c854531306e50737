import { handleHttp } from "./http.ts";
import { openRuns } from "./machines.ts";

/** Runs: made, listed, read, stopped; and what there is to read of their tasks. */
export const handler = handleHttp({ runs: openRuns() });
