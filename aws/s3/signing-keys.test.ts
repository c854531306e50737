import { describe, expect, test } from "vitest";
import { fixedKey, renewedKeys, signingKey, type SigningKey } from "./signing-keys.ts";

const [first, second, third] = ["first", "second", "third"].map((text) => signingKey(Buffer.from(text))) as [
  SigningKey,
  SigningKey,
  SigningKey,
];
const MINUTE = 60_000;

/** Keys that are kept somewhere, and a process that has been there for a while. */
function opened() {
  const kept: { keys: [SigningKey, ...SigningKey[]]; fails: boolean } = { keys: [first], fails: false };
  const clock = { now: 0, reads: 0 };
  const read = async () => {
    clock.reads++;
    if (kept.fails) throw new Error("the bucket is out of reach");
    return kept.keys;
  };
  return { kept, clock, keys: renewedKeys(read, () => clock.now) };
}

describe("the keys that tokens are signed with", () => {
  test("are read once in five minutes, however often they are wanted", async () => {
    const { clock, keys } = opened();
    for (; clock.now < 5 * MINUTE; clock.now += MINUTE) {
      expect(await keys.current()).toBe(first);
      expect(await keys.find(first.id)).toBe(first);
    }
    expect(clock.reads).toBe(1);
    await keys.current();
    expect(clock.reads).toBe(2);
  });

  test("a new one is signed with within five minutes, and the one before it is good still", async () => {
    const { kept, clock, keys } = opened();
    await keys.current();
    kept.keys = [second, first];
    clock.now = 5 * MINUTE;
    expect(await keys.current()).toBe(second);
    expect(await keys.find(first.id)).toBe(first);
  });

  test("what another process has signed with a new one is taken at once", async () => {
    const { kept, clock, keys } = opened();
    await keys.current();
    kept.keys = [second, first];
    clock.now = 6_000;
    expect(await keys.find(second.id)).toBe(second);
  });

  test("one that was withdrawn is good for five minutes at most", async () => {
    const { kept, clock, keys } = opened();
    await keys.current();
    kept.keys = [second];
    clock.now = 5 * MINUTE;
    expect(await keys.find(first.id)).toBeUndefined();
  });

  test("made-up ids do not have them read each time", async () => {
    const { clock, keys } = opened();
    for (; clock.now < 10_000; clock.now += 100) expect(await keys.find(third.id)).toBeUndefined();
    expect(clock.reads).toBeLessThanOrEqual(3);
  });

  test("where they can't be read nothing is signed, and nobody goes by those of before; the next to ask reads again", async () => {
    const { kept, clock, keys } = opened();
    await keys.current();
    kept.fails = true;
    clock.now = 5 * MINUTE;
    await expect(keys.current()).rejects.toThrow("out of reach");
    kept.fails = false;
    expect(await keys.current()).toBe(first);
  });

  test("have ids that tell them apart, and not what they are", async () => {
    expect(new Set([first.id, second.id, third.id]).size).toBe(3);
    expect(first.id).toMatch(/^[\w-]{8}$/);
    const fixed = fixedKey(Buffer.from("first"));
    expect((await fixed.current()).id).toBe(first.id);
    expect(await fixed.find(second.id)).toBeUndefined();
  });
});
