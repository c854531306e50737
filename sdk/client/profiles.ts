import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { writeWhole } from "../../store/home/write-whole.ts";
import { nearest } from "../../graph/nearest.ts";
import { MillraceError } from "../../graph/errors.ts";

/** Where runs are kept: on this machine, or in an account. */
export type Profile = LocalProfile | AccountProfile;

export interface LocalProfile {
  readonly name: string;
  readonly type: "local";
}

/** What a deployed stack says of itself. No secret is in it: credentials are where every AWS tool has them. */
export interface AccountProfile {
  readonly name: string;
  readonly type: "aws";
  /** The URL of the HTTP API. */
  readonly api: string;
  readonly region: string;
  readonly stack?: string;
  /** Every output of the stack. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Whether a server on this machine has the URL (`millrace emulate`), and not an account's HTTP API. */
export function isOnThisMachine(api: string): boolean {
  return /^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(api);
}

/** Whether a profile is of such a server: a stack is an account's, wherever its API is reached. */
export function isEmulated({ api, stack }: AccountProfile): boolean {
  return stack === undefined && isOnThisMachine(api);
}

/** The profile that is always there. */
const LOCAL: LocalProfile = { name: "local", type: "local" };

interface Stored {
  /** The name of the profile in use. */
  readonly current: string;
  readonly profiles: Readonly<Record<string, Omit<AccountProfile, "name">>>;
}

/**
 * The profile in use: MILLRACE_SERVICE_URL makes one of its own, MILLRACE_PROFILE names one, else it is the one that
 * `millrace configure use` chose; local where nothing is set. Throws MillraceError `profile.unknown`, `profile.damaged`.
 */
export function activeProfile(env: NodeJS.ProcessEnv = process.env): Profile {
  const api = env["MILLRACE_SERVICE_URL"];
  if (api) {
    const region = env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? regionOf(api) ?? "us-east-1";
    return { name: "MILLRACE_SERVICE_URL", type: "aws", api: withoutSlash(api), region, outputs: {} };
  }
  const stored = readStored(env);
  return find(stored, env["MILLRACE_PROFILE"] || stored.current);
}

/** The named profile, or the one in use, where it is an account's. Throws MillraceError `profile.local` where it is not. */
export function accountProfile(name?: string, env: NodeJS.ProcessEnv = process.env): AccountProfile {
  const profile = name === undefined ? activeProfile(env) : findProfile(name, env);
  if (profile.type === "aws") return profile;
  throw new MillraceError("profile.local", "no account is configured: runs are kept on this machine", {
    hint: "Name a deployed stack with: millrace configure aws --stack NAME. To try without one, start: millrace emulate",
  });
}

/** The named profile. Throws MillraceError `profile.unknown`. */
export function findProfile(name: string, env: NodeJS.ProcessEnv = process.env): Profile {
  return find(readStored(env), name);
}

/** Every profile there is, local first. */
export function listProfiles(env: NodeJS.ProcessEnv = process.env): readonly Profile[] {
  const stored = readStored(env);
  return [LOCAL, ...Object.keys(stored.profiles).map((name) => find(stored, name))];
}

/** Keeps a profile, in the place of one of its name, and uses it from now on. */
export function storeProfile({ name, ...profile }: AccountProfile, env: NodeJS.ProcessEnv = process.env): void {
  const { profiles } = readStored(env);
  writeStored({ current: name, profiles: { ...profiles, [name]: profile } }, env);
}

export function useProfile(name: string, env: NodeJS.ProcessEnv = process.env): Profile {
  const stored = readStored(env);
  const profile = find(stored, name);
  writeStored({ ...stored, current: name }, env);
  return profile;
}

function find({ profiles }: Stored, name: string): Profile {
  if (name === LOCAL.name) return LOCAL;
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found) return { name, ...found };
  const names = [LOCAL.name, ...Object.keys(profiles)];
  const meant = nearest(name, names);
  throw new MillraceError("profile.unknown", `there is no profile "${name}"`, {
    hint: meant ? `Did you mean "${meant}"?` : `There is ${names.join(", ")}.`,
  });
}

/** `~/.config/millrace/profiles.json`; in MILLRACE_HOME where that is set. */
export function profilesFile(env: NodeJS.ProcessEnv = process.env): string {
  const folder = env["MILLRACE_HOME"] || join(env["XDG_CONFIG_HOME"] || join(homedir(), ".config"), "millrace");
  return join(folder, "profiles.json");
}

function readStored(env: NodeJS.ProcessEnv): Stored {
  const file = profilesFile(env);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { current: LOCAL.name, profiles: {} };
  }
  try {
    const { current = LOCAL.name, profiles = {} } = JSON.parse(text) as Partial<Stored>;
    return { current, profiles };
  } catch (cause) {
    throw new MillraceError("profile.damaged", `${file} is no JSON`, {
      hint: "Fix it or remove it, then: millrace configure aws --stack NAME",
      cause,
    });
  }
}

/** Whole or not at all, and for this person's eyes. */
function writeStored(stored: Stored, env: NodeJS.ProcessEnv): void {
  const file = profilesFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, `${JSON.stringify(stored, undefined, 2)}\n`);
}

function regionOf(api: string): string | undefined {
  return /\.execute-api\.([a-z0-9-]+)\.amazonaws\./.exec(api)?.[1];
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
