/** A flow's name and the run's number. */
export interface RunKey {
  readonly flow: string;
  readonly run: number;
}

/** `Flow/42`. */
export function runName({ flow, run }: RunKey): string {
  return `${flow}/${run}`;
}

/** The opposite of runName. */
export function parseRunName(name: string): RunKey {
  const slash = name.lastIndexOf("/");
  return { flow: name.slice(0, slash), run: Number(name.slice(slash + 1)) };
}
