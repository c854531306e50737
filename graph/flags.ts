/** The command line's own flags of a run: no parameter may bear such a name, since it is given as a flag too. */
export const RUN_FLAGS: readonly string[] = [
  "max-workers",
  "tag",
  "json",
  "quiet",
  "isolate",
  "with",
  "help",
  "version",
  "namespace",
  "profile",
  "home",
  "wait",
  "authorize",
];

/** The flag by which a parameter is given, without its dashes: `learningRate` is `learning-rate`. */
export function flagOf(parameter: string): string {
  return parameter.replace(/[A-Z]+/g, (capitals, at: number) => (at > 0 ? "-" : "") + capitals.toLowerCase());
}
