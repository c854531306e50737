import { existsSync, readdirSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { basename, dirname, join, posix, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildFailure, BuildResult, Loader, Message, Metafile, Plugin } from "esbuild";
import { MillraceError } from "../../graph/errors.ts";
import { isNativePackage, packageOf } from "./native-package.ts";
import { didYouMean } from "../../graph/did-you-mean.ts";

/** A flow file and what it imports, as one ES module. */
export interface Bundle {
  readonly code: string;
  /** The source map as JSON; its sources are relative to a folder two below `folder`'s. */
  readonly map: string;
  /** The same as CommonJS with a map of its own, which Node loads in a fifth of the time; absent where that may differ. */
  readonly commonJs?: { readonly code: string; readonly map: string } | undefined;
  /** Every file that went in, by absolute path. */
  readonly inputs: readonly string[];
  /** Packages with compiled code, which stay outside and are found at run time: name → where it is installed. */
  readonly externals: Readonly<Record<string, string>>;
}

/**
 * Bundles a flow file with esbuild: the same sources give the same bytes wherever they stand. `import.meta.url` is left
 * alone, and "millrace" becomes what a flow's author needs of it, so that no bundle holds an engine.
 * @param outfile where the bundle will be, for the source map's relative paths.
 * Throws MillraceError `flow.syntax` and `flow.import`.
 */
export async function bundle(file: string, outfile: string): Promise<Bundle> {
  const externals: Record<string, string> = {};
  try {
    const built = await build(file, outfile, externals);
    const [code, map] = output(built);
    const commonJs = mayBeCommonJs(code, built.metafile, externals) ? await bundleAsCommonJs(file, outfile) : undefined;
    return {
      ...withRequire(code, map),
      ...(commonJs && { commonJs }),
      inputs: Object.keys(built.metafile.inputs).flatMap((input) => inputFile(input, dirname(file))),
      externals,
    };
  } catch (error) {
    if (isBuildFailure(error)) throw mistake(error, file);
    throw error;
  }
}

type Built = BuildResult<{ write: false; metafile: true }>;

/** The outfile's end, .mjs or .cjs, says which kind of module it is. */
async function build(file: string, outfile: string, externals: Record<string, string>): Promise<Built> {
  const esbuild = await import("esbuild");
  return esbuild.build({
    absWorkingDir: dirname(file),
    entryPoints: [file],
    outfile,
    write: false,
    bundle: true,
    format: outfile.endsWith(".cjs") ? "cjs" : "esm",
    platform: "node",
    target: "node20.19",
    keepNames: true,
    sourcemap: "linked",
    sourcesContent: false,
    metafile: true,
    logLevel: "silent",
    loader: {
      ".txt": "text",
      ".md": "text",
      ".sql": "text",
      ".csv": "text",
      ".tsv": "text",
      ".html": "text",
    },
    plugins: [authoring(), nativePackages(externals), commonJsPlace()],
  });
}

function output({ outputFiles }: Built): [code: string, map: string] {
  const text = (isMap: boolean) => outputFiles.find(({ path }) => path.endsWith(".map") === isMap)!.text;
  return [text(false), text(true)];
}

/**
 * Whether the flow would be the same as CommonJS: it is written as a module, asks neither where it stands nor what kind of
 * module it is in, and needs no package from outside, which may be a module alone.
 */
function mayBeCommonJs(code: string, { inputs, outputs }: Metafile, externals: object): boolean {
  const entry = Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined)?.entryPoint;
  return (
    entry !== undefined &&
    inputs[entry]?.format === "esm" &&
    Object.keys(externals).length === 0 &&
    !/\bimport\.meta\b|\btypeof (?:module|exports|__filename|__dirname)\b/.test(code)
  );
}

/** Undefined where the flow waits for something at its top level, which esbuild refuses. */
async function bundleAsCommonJs(file: string, outfile: string): Promise<Bundle["commonJs"]> {
  try {
    const [code, map] = output(await build(file, outfile.replace(/\.mjs$/, ".cjs"), {}));
    // Every module is strict.
    return { code: code.startsWith('"use strict";') ? code : `"use strict"; ${code}`, map };
  } catch (error) {
    if (isBuildFailure(error)) return undefined;
    throw error;
  }
}

function inputFile(input: string, folder: string): string[] {
  const [, namespace, path] = /^([a-z-]{2,}):(.*)$/.exec(input) ?? [];
  if (namespace === undefined) return [resolve(folder, input)];
  return namespace === "millrace" ? [join(authoringPlace().root, path!)] : [];
}

// ---- what "millrace" is inside a bundle

/** Where the module for authors is: beside the running program, or in the sources where these are what runs. */
function authoringPlace(): { readonly root: string; readonly entry: string } {
  const here = dirname(fileURLToPath(import.meta.url));
  for (const root of [here, join(here, ".."), join(here, "../..")]) {
    for (const entry of ["authoring.js", "sdk/authoring.ts"]) if (existsSync(join(root, entry))) return { root, entry };
  }
  throw new Error(`millrace's own authoring module is missing near ${here}`);
}

/** In a namespace of its own, so that where millrace is installed does not show in the bundle's bytes. */
function authoring(): Plugin {
  const namespace = "millrace";
  return {
    name: "authoring",
    setup(build) {
      build.onResolve({ filter: /^millrace$/ }, () => ({
        path: authoringPlace().entry,
        namespace,
      }));
      build.onResolve({ filter: /^\./, namespace }, ({ path, importer }) => ({
        path: posix.join(posix.dirname(importer), path),
        namespace,
      }));
      build.onLoad({ filter: /./, namespace }, async ({ path }) => {
        const { root } = authoringPlace();
        return {
          contents: await readFile(join(root, path), "utf8"),
          loader: loaderOf(path),
          resolveDir: root,
        };
      });
    },
  };
}

function loaderOf(path: string): Loader {
  return path.endsWith(".ts") ? "ts" : path.endsWith(".json") ? "json" : "js";
}

// ---- what cannot be bundled

function nativePackages(externals: Record<string, string>): Plugin {
  const known = new Map<string, boolean>();
  const asked = Symbol("asked");
  return {
    name: "native-packages",
    setup(build) {
      build.onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => ({
        path: path.startsWith(".") ? resolve(resolveDir, path) : path,
        external: true,
      }));
      build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, namespace, resolveDir, pluginData }) => {
        if (kind === "entry-point" || pluginData === asked || isBuiltin(path)) return undefined;
        const found = await build.resolve(path, {
          kind,
          importer,
          namespace,
          resolveDir,
          pluginData: asked,
        });
        const owner = found.errors.length === 0 ? packageOf(found.path) : undefined;
        if (!owner) return undefined;
        if (!known.has(owner.root)) known.set(owner.root, isNativePackage(owner.root));
        if (!known.get(owner.root)) return undefined;
        externals[owner.name] = owner.root;
        return { path, external: true };
      });
    },
  };
}

// ---- what CommonJS code expects to find

/** `__dirname` and `__filename` for the CommonJS modules that name them: the bundle's own place. */
function commonJsPlace(): Plugin {
  const namespace = "commonjs-place";
  const contents = `import { fileURLToPath } from "node:url";
export const __filename = /* @__PURE__ */ fileURLToPath(import.meta.url);
export const __dirname = /* @__PURE__ */ fileURLToPath(/* @__PURE__ */ new URL(".", import.meta.url));`;
  return {
    name: namespace,
    setup(build) {
      build.initialOptions.inject = [namespace];
      build.onResolve({ filter: /^commonjs-place$/ }, () => ({
        path: namespace,
        namespace,
        sideEffects: false,
      }));
      build.onLoad({ filter: /./, namespace }, () => ({ contents, loader: "js" }));
    },
  };
}

/** Gives esbuild's stand-in for `require` a real one to call, on one line before the bundle, where CommonJS code needs it. */
function withRequire(code: string, map: string): { code: string; map: string } {
  if (!code.includes("typeof require")) return { code, map };
  const line = `import { createRequire as __millraceCreateRequire } from "node:module"; const require = __millraceCreateRequire(import.meta.url);\n`;
  return { code: line + code, map: map.replace('"mappings": "', '"mappings": ";') };
}

// ---- mistakes

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function mistake(failure: BuildFailure, file: string): unknown {
  const first = failure.errors[0];
  if (!first) return failure;
  if (first.detail instanceof Error) return first.detail;
  const more = failure.errors.length > 1 ? ` (and ${failure.errors.length - 1} more)` : "";
  const missing = /^Could not resolve "(.*)"/.exec(first.text)?.[1];
  const unnamed = /^No matching export in "(.*)" for import "(.*)"/.exec(first.text);
  const options = { where: { source: sourceOf(first, file) }, cause: failure };
  if (missing !== undefined)
    return new MillraceError("flow.import", `the import "${missing}" is not found${more}`, {
      ...options,
      hint: hintOfImport(missing, first, file),
    });
  if (unnamed?.[1]?.startsWith("millrace:"))
    return new MillraceError(
      "flow.import",
      `"millrace" exports no "${unnamed[2]}" for use in a flow file${more}`,
      options,
    );
  const code = unnamed ? "flow.import" : "flow.syntax";
  const message =
    code === "flow.syntax" ? `${basename(file)} does not parse: ${first.text}${more}` : `${first.text}${more}`;
  return new MillraceError(code, message, options);
}

/** `path:line:column`, with the line itself under it. */
function sourceOf({ location }: Message, file: string): string {
  if (!location) return file;
  const path = relative(process.cwd(), resolve(dirname(file), location.file));
  const line = location.lineText.length <= 160 ? location.lineText.trim() : "";
  return `${path}:${location.line}:${location.column + 1}${line && `\n    ${line}`}`;
}

function hintOfImport(specifier: string, { location, notes }: Message, file: string): string {
  if (specifier.startsWith(".") || specifier.startsWith("/")) {
    const path = resolve(dirname(resolve(dirname(file), location?.file ?? file)), specifier);
    const folder = dirname(path);
    const near = existsSync(folder)
      ? didYouMean(basename(path), readdirSync(folder))
      : `There is no folder ${relative(process.cwd(), folder)}.`;
    return near ?? "Relative imports name the file with its extension.";
  }
  const [name] = /^(@[^/]+\/)?[^/]+/.exec(specifier) ?? [specifier];
  const closed = notes.some(({ text }) => /not exported|is not currently exported/.test(text));
  return closed
    ? `The package ${name} is installed but does not export that path; import the file by its path.`
    : `npm install ${name}`;
}

/** The file by its real path, since links do not show in a bundle. */
export function realFile(file: string): string {
  return realpathSync(resolve(file));
}
