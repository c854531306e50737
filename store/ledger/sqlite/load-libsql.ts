import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import type Database from "libsql";

/**
 * libsql, by the shortest way there is on this machine. Its own loader looks at a whole report of the process to learn which
 * C library there is, which takes longer than all that it loads; where that can be told at a glance the built copy beside
 * the program (`build.mjs` makes it) requires the compiled file at once. Everywhere else, and where that fails (another
 * system, another processor, a compiled file that is not there), the package loads itself.
 */
export function loadLibsql(): typeof Database {
  const require = createRequire(import.meta.url);
  const direct = isGlibcOnX64() && ["./libsql.cjs", "../libsql.cjs"].find((path) => existsAt(path));
  if (direct) {
    try {
      return require(direct) as typeof Database;
    } catch {
      // What is wrong, if anything is, the package itself says best.
    }
  }
  return require("libsql") as typeof Database;
}

/** By the dynamic linkers that are there: a machine that has both, or neither, is left to those who look closer. */
function isGlibcOnX64(): boolean {
  return (
    process.platform === "linux" &&
    process.arch === "x64" &&
    existsSync("/lib64/ld-linux-x86-64.so.2") &&
    !existsSync("/lib/ld-musl-x86_64.so.1")
  );
}

function existsAt(path: string): boolean {
  return existsSync(new URL(path, import.meta.url));
}
