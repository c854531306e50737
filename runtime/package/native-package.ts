import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The folder and name of the installed package that a file belongs to; undefined for a file outside node_modules. */
export function packageOf(file: string): { readonly name: string; readonly root: string } | undefined {
  const found = /^(.*[\\/]node_modules[\\/])((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file);
  return found ? { name: found[2]!.replace("\\", "/"), root: found[1]! + found[2]! } : undefined;
}

const loaders = [
  "bindings",
  "node-gyp-build",
  "node-gyp-build-optional-packages",
  "prebuild-install",
  "@mapbox/node-pre-gyp",
  "@neon-rs/load",
];

/**
 * Whether a package loads compiled code of its own (a `.node` addon, or an executable for this platform), which no bundle
 * can hold: told by what its package.json and its folders say.
 */
export function isNativePackage(root: string): boolean {
  if (existsSync(join(root, "binding.gyp"))) return true;
  const about = readPackage(join(root, "package.json"));
  if (about.gypfile || about.binary || about.napi) return true;
  if (loaders.some((name) => about.dependencies?.[name] !== undefined)) return true;
  if (Object.keys(about.optionalDependencies ?? {}).some((name) => /(linux|darwin|win32)-(x64|arm64|ia32)/.test(name)))
    return true;
  return holdsAddon(root, 2);
}

interface PackageJson {
  readonly gypfile?: unknown;
  readonly binary?: unknown;
  readonly napi?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function readPackage(file: string): PackageJson {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as PackageJson;
  } catch {
    return {};
  }
}

function holdsAddon(folder: string, deeper: number): boolean {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && entry.name.endsWith(".node"))) return true;
  if (deeper === 0) return false;
  return entries.some(
    (entry) => entry.isDirectory() && entry.name !== "node_modules" && holdsAddon(join(folder, entry.name), deeper - 1),
  );
}
