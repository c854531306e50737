import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flowFile, makePlace, placeBeside, type Place } from "./cli-harness.ts";
import { serve, type Served } from "./support/served.ts";

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
/** What a person writes into a file who may write it: whether the flow's own code ran. */
const OWNED = `.step("start", () => ({ done: true }))`;

/** What a program of another user prints that has this text. */
async function asNobody(program: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, ...args], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: "/",
    env: {},
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  return said;
}

/** Calls with whatever signature one can make without the secret. */
const CALL = `
const [, url, method, path, body] = process.argv;
const authorization = "AWS4-HMAC-SHA256 Credential=emulated/20260101/us-east-1/execute-api/aws4_request, SignedHeaders=host, Signature=00";
const init = { method, headers: { authorization, "x-amz-date": "20260101T000000Z" }, ...(body && { body }) };
const response = await fetch(url + path, init);
console.log(response.status, await response.text());
`;

describe("attack: another user of this machine at millrace emulate", () => {
  let place: Place;
  let served: Served;

  beforeAll(async () => {
    place = makePlace().with({ AWS_ACCESS_KEY_ID: undefined, AWS_PROFILE: undefined });
    // Others may look into the folder, as they may into most.
    chmodSync(place.folder, 0o755);
    place.write({ "flow.ts": flowFile("Owned", OWNED) });
    served = await serve(place);
    await served.place.millrace("deploy", "flow.ts");
  }, 60_000);
  afterAll(async () => {
    served.server.child.kill("SIGINT");
    await served.server.ended;
    place.remove();
  });

  test.skipIf(!isRoot)("another user, for whom only root can act, gets neither in nor at the secret", async () => {
    const body = JSON.stringify({ engine: "service", parameters: {}, tags: [], user: "nobody", name: "x" });
    const triggered = await asNobody(CALL, served.url, "POST", "/flows/Owned/runs", body);
    expect(triggered).toMatch(/^403 .*"server\.secret"/s);
    expect(await asNobody(CALL, served.url, "GET", "/flows", "")).toMatch(/^403 /);
    const file = join(place.folder, ".millrace", "server.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await asNobody(`console.log((await import("fs")).readFileSync(${JSON.stringify(file)}, "utf8"))`)).toMatch(
      /EACCES/,
    );
    expect((await served.place.millrace("runs", "Owned")).stdout).not.toContain("Owned/");
  });

  test("a signature by a guessed secret, for another request or of another time is refused", async () => {
    expect((await served.send("/flows")).status).toBe(200);
    expect((await served.send("/flows", { secret: "guessed" })).status).toBe(403);
    const { url } = served;
    const stamped = served.sign("/flows");
    expect((await fetch(`${url}/flows`, { headers: stamped })).status).toBe(200);
    expect((await fetch(`${url}/runs`, { headers: stamped })).status).toBe(403);
    expect((await fetch(`${url}/flows`, { method: "POST", headers: stamped, body: "{}" })).status).toBe(403);
    const old = served.sign("/flows", { at: new Date(Date.now() - 3_600_000) });
    expect((await fetch(`${url}/flows`, { headers: old })).status).toBe(403);
  });

  test("a token opens the routes of attempts alone, and a made-up one none", async () => {
    const headers = { "millrace-token": "e30.AAAA" };
    const ask = async (path: string) => {
      const response = await fetch(served.url + path, { method: "POST", headers, body: "{}" });
      return ((await response.json()) as { code: string }).code;
    };
    expect(await ask("/flows/Owned/runs")).toBe("caller.refused");
    expect(await ask("/runs/Owned/1/tasks/start")).toBe("caller.refused");
    expect(await ask("/runs/Owned/1/tasks/heartbeat")).toBe("token.invalid");
  });
});

describe("attack: whoever holds an old production token", () => {
  test("opens nothing with it, whether it comes from a file or the environment", async () => {
    const place = makePlace().with({ AWS_ACCESS_KEY_ID: undefined, AWS_PROFILE: undefined });
    place.write({ "flow.ts": flowFile("Owned", OWNED) });
    const served = await serve(place);
    try {
      const { stdout } = await served.place.millrace("deploy", "flow.ts", "--json");
      const { token } = JSON.parse(stdout) as { token: string };
      // Ann deploys and goes; what is left to the others is the token.
      const owner = await served.send("/flows/Owned?user=ann", { method: "DELETE" });
      expect(owner.status).toBe(403);
      place.write({ token: `${token}\n` });
      const rotated = await served.place.millrace("token", "rotate", "Owned", "--authorize-file", "token", "--json");
      const { token: next } = JSON.parse(rotated.stdout) as { token: string };
      const remove = (shown: string) =>
        fetch(`${served.url}/flows/Owned?user=ann`, {
          method: "DELETE",
          headers: { ...served.sign("/flows/Owned?user=ann", { method: "DELETE" }), "millrace-token": shown },
        });
      expect((await remove(token)).status).toBe(403);
      expect((await remove(next)).status).toBe(204);
    } finally {
      served.server.child.kill("SIGINT");
      await served.server.ended;
      place.remove();
    }
  }, 60_000);
});

describe("who may use millrace emulate", () => {
  test("the same user in the same folder needs nothing more; elsewhere the error says what to set", async () => {
    const place = makePlace().with({ AWS_ACCESS_KEY_ID: undefined, AWS_PROFILE: undefined });
    const elsewhere = mkdtempSync(join(tmpdir(), "millrace-elsewhere-"));
    place.write({ "flow.ts": flowFile("Owned", OWNED) });
    const served = await serve(place);
    const home = join(place.folder, ".millrace");
    try {
      expect((await served.place.millrace("deploy", "flow.ts")).code).toBe(0);
      const other = placeBeside(served.place, elsewhere);
      const { code, stderr } = await other.millrace("trigger", "Owned");
      expect(code).toBe(2);
      expect(stderr).toContain(`MILLRACE_HOME=${home}`);
      expect(stderr).toContain(join(home, "server.json"));
      const { secret } = JSON.parse(readFileSync(join(home, "server.json"), "utf8")) as { secret: string };
      for (const env of [{ MILLRACE_HOME: home }, { MILLRACE_SERVICE_SECRET: secret }])
        expect((await other.with(env).millrace("trigger", "Owned", "--wait")).code).toBe(0);
    } finally {
      served.server.child.kill("SIGINT");
      await served.server.ended;
      expect(existsSync(join(home, "server.json"))).toBe(false);
      place.remove();
      rmSync(elsewhere, { recursive: true });
    }
  }, 60_000);
});
