import { describe, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { openService, stats } from "./fixtures.ts";

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

  test("attack: a body that is nested 200,000 deep is answered 400", async () => {
    const { app } = await openService();
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const body = `{"graph":${open.repeat(200_000)}1${close.repeat(200_000)}}`;
      const response = await app.request("/flows/Stats", { method: "PUT", body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: "request.invalid" });
    }
  });

  test("attack: a schema that no value can be held to is refused when the flow is deployed", async () => {
    const { call, codePackage } = await openService();
    const parameters = {
      top: { required: true, schema: { $ref: "#" } },
      name: { required: true, schema: { pattern: "^(a+)+$" } },
    };
    const deployed = call("PUT /flows/Stats", {
      graph: { ...stats.graph, parameters },
      codePackage,
      user: "ann",
      tags: [],
    });
    await expect(deployed).rejects.toMatchObject({ code: "graph.invalid" });
    await expect(deployed).rejects.toThrow(/parameter top: .*itself[^]*parameter name: .*for ever/);
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
