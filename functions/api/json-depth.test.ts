import { expect, test } from "vitest";
import { isDeeperThan } from "./json-depth.ts";

const isDeep = (text: string) => isDeeperThan(3, Buffer.from(text));
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

test.each([nested(3), `[${nested(2)},${nested(2)}]`, `{"a":[{"b":1}]}`, `["[[[[", "\\"[[[[", "\\\\"]`, "", "]]]]"])(
  "%s is not too deep",
  (text) => expect(isDeep(text)).toBe(false),
);

test.each([nested(4), `{"a":[{"b":[]}]}`, `["\\\\", [[[1]]]]`, "[".repeat(200_000)])(
  "what is deeper is found",
  (text) => expect(isDeep(text)).toBe(true),
);
