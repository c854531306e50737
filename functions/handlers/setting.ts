/** What a function is told of the deployment, by its environment (serverless.yml). Throws where it is not told. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`the function's environment has no ${name}`);
}
