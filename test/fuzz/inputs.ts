import * as fc from "fast-check";

const DOORS = 5;
const asked = Number(process.env["MILLRACE_FUZZ"] ?? 2_000);

/** What each door is given of all the inputs: MILLRACE_FUZZ, 2,000 without it, 100,000 for a thorough search. */
export const fuzzed = {
  numRuns: Math.ceil(asked / DOORS),
  endOnFailure: true,
  // The ordinary run has the same inputs each time, so that nobody's change fails by what it did not bring.
  seed: process.env["MILLRACE_FUZZ"] === undefined ? 7 : Date.now(),
} as const;
/** For all the inputs of a door: a second for each ten, as where a process is asked. */
export const fuzzTimeout = 60_000 + fuzzed.numRuns * 100;

/** What a door may take of memory over all its inputs, beyond what there was before: an answer that grows by each is found. */
export const MOST_MEMORY = 512 * 1024 * 1024;

/** Bytes that were right but for a few that were changed, cut off, put in or said twice. */
export function damagedBytes(right: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(), cut: fc.nat({ max: 8 }), by: fc.uint8Array({ maxLength: 8 }) });
  return fc.tuple(right, fc.array(change, { maxLength: 4 })).map(([bytes, changes]) =>
    changes.reduce<Uint8Array>((now, { at, cut, by }) => {
      const place = now.length === 0 ? 0 : at % now.length;
      return Buffer.concat([now.subarray(0, place), by, now.subarray(place + cut)]);
    }, bytes),
  );
}
