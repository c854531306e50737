import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jsonLines, workspace } from "./support/workspace.ts";

const repository = join(import.meta.dirname, "..");
const tsc = createRequire(import.meta.url)
  .resolve("typescript/package.json")
  .replace("package.json", "bin/tsc");
const pages = ["README.md", ...readdirSync(join(repository, "docs")).map((name) => `docs/${name}`)];

/** The TypeScript that a page shows, block by block. */
function shown(page: string): string[] {
  const text = readFileSync(join(repository, page), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((found) => found[1]!);
}

const readme = readFileSync(join(repository, "README.md"), "utf8");
const [stats] = shown("README.md");

test("the README's flow prints what the README shows", async () => {
  const { folder, write, millrace } = workspace();
  write("stats.ts", stats!.replace('"zod"', JSON.stringify(join(repository, "node_modules", "zod", "index.js"))));
  const home = { MILLRACE_HOME: join(folder, "home") };
  const { stdout } = await millrace(["run", "stats.ts", "--top", "1", "--json"], home);
  expect(jsonLines(stdout)).toContainEqual(expect.objectContaining({ step: "end", text: "drama 5" }));
  expect(readme).toContain((await millrace(["dump", "Stats/1/merge", "table"], home)).stdout);
});

test("all TypeScript in the README and the docs compiles", { timeout: 120_000 }, async () => {
  const { folder, write } = workspace({ "package.json": '{ "type": "module" }', "stats.ts": stats! });
  for (const page of pages) {
    for (const [i, block] of shown(page).entries()) write(`${page.replaceAll(/\W/g, "-")}-${i}.ts`, block);
  }
  const sources = (name: string) => [join(repository, "sdk", `${name}.ts`)];
  const installed = (name: string) => [join(repository, "node_modules", name)];
  const config = {
    extends: join(repository, "tsconfig.json"),
    compilerOptions: {
      noUnusedLocals: false,
      typeRoots: installed("@types"),
      paths: {
        millrace: sources("index"),
        "millrace/testing": sources("testing"),
        "millrace/states": sources("states"),
        zod: installed("zod"),
        vitest: installed("vitest"),
      },
    },
    include: ["*.ts"],
  };
  write("tsconfig.json", JSON.stringify(config));
  const said = await new Promise<string>((resolve) =>
    execFile(process.execPath, [tsc, "--noEmit", "-p", folder], (_, stdout) => resolve(stdout)),
  );
  expect(said).toBe("");
});

test("every link between the pages leads somewhere", () => {
  const lost = pages.flatMap((page) => {
    const folder = join(repository, page, "..");
    const links = [...readFileSync(join(repository, page), "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)];
    return links.map((found) => join(folder, found[1]!)).filter((path) => !existsSync(path));
  });
  expect(lost).toEqual([]);
});
