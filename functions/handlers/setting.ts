/** What a function knows of the deployment, by its environment (serverless.yml). Throws where it lacks one. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`the function's environment has no ${name}`);
}

/** The same of a list, its parts between commas; empty where nothing is told. */
export function listSetting(name: string): string[] {
  return (process.env[name] ?? "").split(",").filter((one) => one !== "");
}

/** The same of a number. */
export function numberSetting(name: string): number {
  const value = Number(setting(name));
  if (Number.isFinite(value)) return value;
  throw new Error(`the function's environment has ${setting(name)} for ${name}, which is no number`);
}
