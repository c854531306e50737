import { expect, test } from "vitest";
import { readCredentials } from "../../runtime/task-credentials.ts";
import { serveCredentials } from "./credentials-server.ts";

test("a task's process gets credentials as in a container, fresh ones each time; nobody else gets any", async () => {
  let asked = 0;
  const server = await serveCredentials(async () => ({
    accessKeyId: `key-${++asked}`,
    secretAccessKey: "secret",
    sessionToken: "session",
    expiresAt: 1_800_000_000_000,
  }));
  expect(await readCredentials(server.env)).toEqual({
    accessKeyId: "key-1",
    secretAccessKey: "secret",
    sessionToken: "session",
    expiresAt: 1_800_000_000_000,
  });
  expect(await readCredentials(server.env)).toMatchObject({ accessKeyId: "key-2" });
  const url = server.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"]!;
  expect((await fetch(url)).status).toBe(403);
  expect((await fetch(url, { headers: { authorization: "x".repeat(43) } })).status).toBe(403);
  server.close();
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});
