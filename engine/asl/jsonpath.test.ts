import { describe, expect, test } from "vitest";
import { parseJsonPath } from "./jsonpath.ts";

const store = {
  book: [
    { title: "Moby Dick", price: 9, tags: ["sea"], isbn: "1" },
    { title: "Emma", price: 12, tags: [] },
    { title: "Dune", price: 20, tags: ["sand", "spice"] },
  ],
  "odd name": { "a.b": 1 },
  limit: 10,
  nothing: null,
  "with-dash": "yes",
};

const read = (path: string, value: unknown = store) => parseJsonPath(path).read(value as never);

describe("a path to one place", () => {
  test.each([
    ["$", store],
    ["$.limit", 10],
    ["$['limit']", 10],
    ['$["odd name"]["a.b"]', 1],
    ["$.odd\\ name.a\\.b", 1],
    ["$.with-dash", "yes"],
    ["$.book[0].title", "Moby Dick"],
    ["$.book[-1].title", "Dune"],
    ["$.nothing", null],
  ])("%s is the value there", (path, expected) => {
    expect(read(path)).toEqual(expected);
  });

  test.each([
    "$.missing",
    "$.book[3]",
    "$.limit.deeper",
    "$.nothing.deeper",
    "$.book.title",
    "$.book.length",
    "$.toString",
    "$.__proto__",
  ])("%s leads nowhere", (path) => {
    expect(read(path)).toBeUndefined();
  });

  test("a field called __proto__ is a field like any other", () => {
    expect(read("$.__proto__.a", JSON.parse('{"__proto__": {"a": 1}}'))).toBe(1);
  });
});

describe("a path to many places answers an array", () => {
  test.each([
    ["$.book[*].title", ["Moby Dick", "Emma", "Dune"]],
    ["$.book[*].isbn", ["1"]],
    ["$.book[0,2].price", [9, 20]],
    ["$.book[1:].title", ["Emma", "Dune"]],
    ["$.book[:2].title", ["Moby Dick", "Emma"]],
    ["$.book[-2:].title", ["Emma", "Dune"]],
    ["$.book[0:3:2].title", ["Moby Dick", "Dune"]],
    ["$..price", [9, 12, 20]],
    ["$..tags[0]", ["sea", "sand"]],
    ["$.book[2].*", ["Dune", 20, ["sand", "spice"]]],
    ["$.book[?(@.isbn)].title", ["Moby Dick"]],
    ["$.book[?(!@.isbn)].title", ["Emma", "Dune"]],
    ["$.book[?(@.price < 15 && @.price > 10)].title", ["Emma"]],
    ["$.book[?(@.price > $.limit)].title", ["Emma", "Dune"]],
    ["$.book[?(@.title == 'Emma' || @.title == \"Dune\")].price", [12, 20]],
    ["$.book[?(@.title != 'Emma')].price", [9, 20]],
    ["$.book[?(@.price >= 12 && (@.price <= 12 || @.isbn))].title", ["Emma"]],
    ["$.book[?(@.title > 5)]", []],
  ])("%s", (path, expected) => {
    expect(read(path)).toEqual(expected);
  });

  test("an empty one when what stands before the wildcard is missing", () => {
    expect(read("$.missing[*].title")).toEqual([]);
  });
});

describe("a text that is no path is refused", () => {
  test.each([
    "",
    "book",
    "$.",
    "$1",
    "$.a..",
    "$.book[",
    "$.book[x]",
    "$.book['a]",
    "$.a b",
    "$.book[?(@.a ==)]",
    "$.book.length()",
  ])("%j", (path) => {
    expect(() => parseJsonPath(path)).toThrow(expect.objectContaining({ code: "machine.invalid" }));
  });
});

test("only names and plain indices make a reference path", () => {
  expect(parseJsonPath("$.a['b c'][0]").reference).toEqual(["a", "b c", 0]);
  expect(parseJsonPath("$$.Map.Item").root).toBe("$$");
  for (const path of ["$.a[*]", "$..a", "$.a[-1]", "$.a[0:1]", "$.a[0,1]", "$.a[?(@.b)]"]) {
    expect(parseJsonPath(path).reference).toBeUndefined();
  }
});
