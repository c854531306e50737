import type { Credentials } from "../aws/signature.ts";

/**
 * The credentials of the role that a task's process has: a container's from where its agent offers them (Amazon ECS
 * developer guide, "Task IAM role"), a Lambda function's from the environment. The container's own come first, since a
 * step's environment may hold keys for something else. It names nothing outside of itself, for the bootstrap program
 * carries its text.
 */
export async function readCredentials(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Credentials & { readonly expiresAt?: number }> {
  const relative = env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const uri = relative ? "http://169.254.170.2" + relative : env["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  if (uri) {
    const token = env["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
    const response = await fetch(uri, token ? { headers: { authorization: token } } : {});
    if (!response.ok) throw new Error("the container's credentials are not there: status " + response.status);
    const role = (await response.json()) as Record<string, string>;
    return {
      accessKeyId: role["AccessKeyId"]!,
      secretAccessKey: role["SecretAccessKey"]!,
      sessionToken: role["Token"],
      expiresAt: Date.parse(role["Expiration"]!),
    };
  }
  return {
    accessKeyId: env["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: env["AWS_SECRET_ACCESS_KEY"] ?? "",
    sessionToken: env["AWS_SESSION_TOKEN"],
  };
}
