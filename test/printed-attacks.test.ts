import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore } from "../emulator/home.ts";
import { makePlace, type Place } from "./cli-harness.ts";

/** Clears the screen, in seven bits and in eight; turns what follows round. */
const [ESCAPE, CSI, BIDI] = ["\u001b[2J", "\u009b2J", "\u202e"];
const EVIL = `evil${ESCAPE}${CSI}${BIDI}\rroot`;
const TOLD = String.raw`evil\x1b[2J\x9b2J\u202e\x0droot`;
/** But for line breaks: control and format characters (Unicode general categories). */
const COMMANDS = /[^\P{C}\n]/u;
const STOLEN = "../../../../../../../../../../etc/os-release";

describe("attack: whoever writes a run, at whoever reads it", () => {
  let place: Place;

  beforeAll(async () => {
    place = makePlace();
    const home = join(place.folder, ".millrace");
    mkdirSync(home, { mode: 0o700 });
    const store = openStore(home);
    const { ledger } = store;
    const hash = "ab".repeat(32);
    const error = { name: EVIL, message: EVIL, source: EVIL };
    const run = await ledger.createRun({
      flow: "Evil",
      namespace: "user:x",
      user: EVIL,
      tags: [EVIL],
      createdAt: Date.now(),
      codePackage: hash,
      graph: hash,
      parameters: {},
    });
    for (const [index, stream] of [undefined, STOLEN].entries()) {
      const task = { step: "start", index: String(index) };
      await ledger.startAttempts(run, [{ ...task, at: Date.now(), by: "1" }]);
      const log = stream && { stream, from: 0, to: 1000 };
      await ledger.finishAttempts(run, [
        { ...task, attempt: 1, at: Date.now(), status: "failed", error, ...(log && { log }) },
      ]);
    }
    await ledger.updateRun(run, { status: "failed", finishedAt: Date.now(), error });
    await store.close();
  });
  afterAll(() => place.remove());

  test.each<[string, string[]]>([
    ["runs", ["runs", "Evil"]],
    ["runs --json", ["runs", "Evil", "--json"]],
    ["dump", ["dump", "Evil/1"]],
    ["logs", ["logs", "Evil/1/start/0"]],
  ])("what %s prints of user names, tags and errors commands no terminal", async (_, args) => {
    const { stdout, stderr } = await place.millrace(...args);
    expect(stdout + stderr).not.toMatch(COMMANDS);
    expect(stdout + stderr).toContain("evil");
  });

  test("they are told as what they are", async () => {
    expect((await place.millrace("runs", "Evil")).stdout).toContain(TOLD);
    const [run] = await place.objects("runs", "Evil", "--json");
    expect(run).toMatchObject({ user: EVIL, tags: [EVIL] });
  });

  test("a log that the ledger says is elsewhere on the machine is not read", async () => {
    const { code, stdout, stderr } = await place.millrace("logs", "Evil/1/start/1");
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`"${STOLEN}" is not a log of the store`);
  });
});
