import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jsonLines, workspace } from "./support/workspace.ts";

const examples = join(import.meta.dirname, "..", "examples");
/** The flows; an example that is a test runs with the tests. */
const files = readdirSync(examples).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));

/** What a reader is shown, run by run: the command's words after `millrace run examples/`, and what its tasks print. */
const shown: readonly (readonly [command: string, ...output: string[]])[] = [
  ["hello.ts", "Hello from a step.", "That was all."],
  ["shared-artifact.ts", "Dataset created", "[ 'This', 'is', 'a', 'list' ]", "4 words, 11 letters"],
  ["branches.ts", "longest word: 5 letters; distinct letters: 26"],
  ["nested-foreach.ts", "10 base 2: 4, base 10: 1", "100 base 2: 7, base 10: 2", "1000 base 2: 10, base 10: 3"],
  ["switch.ts", "a,1", "b,2"],
  ["switch.ts --format json", '[["a",1],["b",2]]'],
  ["switch.ts --format none", "nothing to print as none"],
  ["retry-and-catch.ts", "42 rows, not enriched: no model for 42 rows"],
  ["parameters.ts", "the 5 best of drama"],
  [
    "parameters.ts --top 3 --genre drama --genre comedy --since 2001-05-01",
    "the 3 best of drama and comedy since 2001",
  ],
];

describe("every example", () => {
  test.each(readdirSync(examples).filter((name) => name.endsWith(".ts")))("%s is under 60 lines", (file) => {
    expect(readFileSync(join(examples, file), "utf8").split("\n").length - 1).toBeLessThan(60);
  });

  test("is run here", () => {
    const run = new Set([...shown.map(([command]) => command.split(" ")[0]), "loop.ts", "movies.ts"]);
    expect([...run].toSorted()).toEqual(files.toSorted());
  });

  test.each(shown)("%s prints what it is for", async (command, ...output) => {
    const { millrace, home } = place();
    const [file, ...args] = command.split(" ");
    const { code, stdout, stderr } = await millrace(["run", join(examples, file!), "--json", ...args], home);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const printed = jsonLines(stdout).flatMap((line) =>
      (line as Line).type === "task.output" ? (line as Line).text : [],
    );
    expect(printed).toEqual(output);
  });
});

describe("loop.ts", () => {
  test("trains until the line fits, before its bound", async () => {
    const tasks = await artifactsOf("loop.ts", "Loop/1/train");
    const losses = tasks.map(({ loss }) => loss as number);
    expect(losses.length).toBeLessThan(200);
    expect(losses.findIndex((loss) => loss <= 1e-3)).toBe(losses.length - 1);
    expect(tasks.at(-1)!["slope"]).toBeCloseTo(3, 0);
  });
});

describe("retry-and-catch.ts", () => {
  test("goes on with what is known of the failure", async () => {
    const [end] = await artifactsOf("retry-and-catch.ts", "RetryAndCatch/1/end");
    expect(end).toMatchObject({ rows: 42, failure: { name: "RangeError", message: "no model for 42 rows" } });
  });
});

describe("movies.ts", () => {
  test("finds the quartiles of gross of every genre, and the five best movies", async () => {
    const [end] = await artifactsOf("movies.ts", "Movies/1/end", "statistics", "playlist");
    const { statistics, playlist } = end as unknown as { statistics: Row[]; playlist: Best[] };

    const expected = quartilesByGenre();
    expect(statistics).toHaveLength(12);
    expect(statistics.map(({ genre }) => genre)).toEqual([...expected.keys()].toSorted());
    for (const { genre, ...row } of statistics) {
      const { movies, q1, median, q3 } = expected.get(genre)!;
      expect({ genre, movies: row.movies }).toEqual({ genre, movies });
      expect(row.q1).toBeCloseTo(q1, 6);
      expect(row.median).toBeCloseTo(median, 6);
      expect(row.q3).toBeCloseTo(q3, 6);
    }

    expect(playlist.map(({ title, rating }) => `${title} ${rating}`)).toEqual([
      "The Shawshank Redemption 9.2",
      "Inception 9.1",
      "12 Angry Men 8.9",
      "Pulp Fiction 8.9",
      "Schindler's List 8.9",
    ]);
  });

  test("prints both as tables", async () => {
    const { millrace, home } = place();
    const { stdout } = await millrace(["run", join(examples, "movies.ts")], home);
    expect(stdout).toMatch(/\] │ 0 +│ 'Action' +│ 420 +│ 25381320\.75 │ 78850000 +│ 185925000 +│$/m);
    expect(stdout).toMatch(/\] │ 0 +│ 'The Shawshank Redemption' │ 'Drama' /);
  });
});

type Line = { readonly type: string; readonly text: string };
type Row = {
  readonly genre: string;
  readonly movies: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
};
type Best = { readonly title: string; readonly rating: number };

/** A folder to run in, with a store of its own: the examples' folder stays as it is. */
function place() {
  const { folder, millrace } = workspace();
  return { millrace, home: { MILLRACE_HOME: join(folder, "home") } };
}

/** Runs an example and answers the artifacts of the tasks that a pathspec names. */
async function artifactsOf(file: string, pathspec: string, ...names: string[]): Promise<Record<string, unknown>[]> {
  const { millrace, home } = place();
  const run = await millrace(["run", join(examples, file), "--quiet"], home);
  expect(run).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const { stdout } = await millrace(["dump", pathspec, ...names, "--json"], home);
  return jsonLines(stdout).map((line) => (line as { artifacts: Record<string, unknown> }).artifacts);
}

/**
 * The same from the data set itself and another way: the value of rank k is the one that at most k others lie below and
 * more than k lie at or below, so that nothing is sorted.
 */
function quartilesByGenre(): Map<string, Omit<Row, "genre">> {
  const file = join(import.meta.dirname, "..", "node_modules", "vega-datasets", "data", "movies.json");
  const told = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>[];
  const gross = new Map<string, number[]>();
  for (const { "Major Genre": genre, "Worldwide Gross": amount } of told) {
    if (genre === null || amount === null) continue;
    gross.set(genre as string, [...(gross.get(genre as string) ?? []), Number(amount)]);
  }
  const ranked = (numbers: readonly number[], rank: number) =>
    numbers.find((one) => {
      const below = numbers.filter((other) => other < one).length;
      return below <= rank && rank < below + numbers.filter((other) => other === one).length;
    })!;
  const quartile = (numbers: readonly number[], quarters: number) => {
    const [whole, rest] = [Math.trunc(((numbers.length - 1) * quarters) / 4), ((numbers.length - 1) * quarters) % 4];
    const below = ranked(numbers, whole);
    return rest === 0 ? below : (below * (4 - rest) + ranked(numbers, whole + 1) * rest) / 4;
  };
  return new Map(
    [...gross].map(([genre, numbers]) => {
      const [q1, median, q3] = [1, 2, 3].map((quarters) => quartile(numbers, quarters));
      return [genre, { movies: numbers.length, q1: q1!, median: median!, q3: q3! }];
    }),
  );
}
