import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { isSkipped, startAccount } from "./account.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("where there is no Python the tests are told why they are skipped", async () => {
  const warned = vi.spyOn(console, "warn").mockReturnValue();
  vi.stubEnv("MILLRACE_TEST_PYTHON", "no-such-python");
  vi.stubEnv("MILLRACE_TEST_AWS", "");
  expect(await startAccount()).toEqual({
    skipped: expect.stringMatching(/no-such-python.*pip install -r test\/aws\/requirements.txt/) as string,
  });
  expect(warned).toHaveBeenCalledOnce();
});

test("where the account is required its absence is a failure", async () => {
  vi.stubEnv("MILLRACE_TEST_PYTHON", "no-such-python");
  vi.stubEnv("MILLRACE_TEST_AWS", "require");
  await expect(startAccount()).rejects.toThrow("Python does not start");
});

test("an account ends with the program that started it, however that ends", async ({ skip }) => {
  const account = await startAccount();
  if (isSkipped(account)) return skip(account.skipped);
  await account.stop();
  const starter = spawn(process.execPath, ["-e", STARTER], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(starter.stdout, "data")) as [Buffer];
  const { endpoint } = JSON.parse(line.toString()) as { endpoint: string };
  expect((await fetch(endpoint)).status).toBeLessThan(500);
  starter.kill("SIGKILL");
  await vi.waitUntil(
    () =>
      fetch(endpoint).then(
        () => false,
        () => true,
      ),
    { timeout: 10_000 },
  );
});

const STARTER = `
  const child = require("node:child_process").spawn("python3", ["-m", "account"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdout.pipe(process.stdout);
`;
