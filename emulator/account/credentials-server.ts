import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Credentials } from "../../aws/signature.ts";
import { isSameSecret } from "../../functions/api/is-same-secret.ts";

export interface CredentialsServer {
  /** What a process needs in its environment to get them. */
  readonly env: Readonly<Record<string, string>>;
  close(): void;
}

/**
 * Hands this person's credentials to the tasks' processes as a container's agent does (Amazon ECS developer guide, "Task
 * IAM role"), for as long as the run goes: fresh ones whenever they are asked for, and none in any environment or file.
 */
export async function serveCredentials(
  read: () => Promise<Credentials & { readonly expiresAt?: number }>,
): Promise<CredentialsServer> {
  const token = randomBytes(32).toString("base64url");
  const server = createServer((request, response) => {
    if (!isSameSecret(request.headers.authorization ?? "", token)) return void response.writeHead(403).end();
    read().then(
      ({ accessKeyId, secretAccessKey, sessionToken, expiresAt = Date.now() + 3_600_000 }) => {
        const Expiration = new Date(expiresAt).toISOString();
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            AccessKeyId: accessKeyId,
            SecretAccessKey: secretAccessKey,
            Token: sessionToken,
            Expiration,
          }),
        );
      },
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
