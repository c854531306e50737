import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  accountProfile,
  activeProfile,
  listProfiles,
  profilesFile,
  storeProfile,
  useProfile,
  type AccountProfile,
} from "./profiles.ts";

let home: string;
let env: NodeJS.ProcessEnv;
const dev: AccountProfile = {
  name: "dev",
  type: "aws",
  api: "https://abc.execute-api.eu-west-1.amazonaws.com",
  region: "eu-west-1",
  stack: "millrace-dev",
  outputs: {},
};

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "millrace-profiles-"));
  env = { MILLRACE_HOME: home };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("the profile in use", () => {
  test("is this machine where nothing is configured", () => {
    expect(activeProfile(env)).toEqual({ name: "local", type: "local" });
  });

  test("is the account that was configured last", () => {
    storeProfile(dev, env);
    expect(activeProfile(env)).toEqual(dev);
  });

  test("is the one that was chosen", () => {
    storeProfile(dev, env);
    useProfile("local", env);
    expect(activeProfile(env).type).toBe("local");
    expect(listProfiles(env).map(({ name }) => name)).toEqual(["local", "dev"]);
  });

  test("is the one that MILLRACE_PROFILE names, whatever was chosen", () => {
    storeProfile(dev, env);
    expect(activeProfile({ ...env, MILLRACE_PROFILE: "local" }).type).toBe("local");
  });

  test("is the service at MILLRACE_SERVICE_URL, in the region that the address tells", () => {
    const api = "https://abc.execute-api.eu-west-1.amazonaws.com/";
    expect(activeProfile({ ...env, MILLRACE_SERVICE_URL: api })).toMatchObject({
      type: "aws",
      api: "https://abc.execute-api.eu-west-1.amazonaws.com",
      region: "eu-west-1",
    });
  });
});

describe("a profile", () => {
  test("that is not there is told with the one that was meant", () => {
    storeProfile(dev, env);
    expect(() => useProfile("dve", env)).toThrow(
      expect.objectContaining({ code: "profile.unknown", hint: 'Did you mean "dev"?' }),
    );
  });

  test("of an account is wanted where there is none", () => {
    expect(() => accountProfile(undefined, env)).toThrow(expect.objectContaining({ code: "profile.local" }));
  });

  test("is for this person's eyes", () => {
    storeProfile(dev, env);
    expect(statSync(profilesFile(env)).mode & 0o077).toBe(0);
  });

  test("in a file that is no JSON is no bug of ours", () => {
    writeFileSync(profilesFile(env), "{");
    expect(() => activeProfile(env)).toThrow(expect.objectContaining({ code: "profile.damaged" }));
  });
});
