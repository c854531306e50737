import { describe, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { openService } from "./fixtures.ts";

describe("requests", () => {
  test.each([
    ["GET /flows/St%20ats/runs", undefined, "request.invalid"],
    ["GET /flows/Stats/runs?limit=5000", undefined, "request.invalid"],
    ["GET /flows/Stats/runs/7", undefined, "run.unknown"],
    ["GET /nothing", undefined, "route.unknown"],
    ["POST /code-packages", { hash: "x", size: 1 }, "request.invalid"],
    ["POST /code-packages", { hash: "a".repeat(64), size: 2 ** 40 }, "request.invalid"],
    ["POST /artifacts/sign", { reads: Array(201).fill(""), writes: [] }, "request.invalid"],
    ["POST /flows/Stats/runs", { engine: "service", parameters: {}, tags: [], user: "a/b" }, "request.invalid"],
  ])("%s %j is refused as %s", async (route, body, code) => {
    const { call } = await openService();
    await expect(call(route, body)).rejects.toMatchObject({ code });
  });

  test("what fails for no fault of the caller's tells nothing of itself", async () => {
    const { app, common } = await openService();
    common.ledger.listFlows = async () => {
      throw new Error("a secret");
    };
    await expect(Promise.resolve(app.request("/flows"))).rejects.toThrow("a secret");
    const quiet = createApp({ signerOf: () => ({ as: "person" }), runs: common });
    const response = await quiet.request("/flows");
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
  });
});
