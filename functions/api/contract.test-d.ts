/* oxlint-disable vitest/expect-expect -- where something must not compile, that is the assertion */
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { ApiClient } from "../../sdk/client/api.ts";
import type { Attempt } from "../../store/ledger/ledger.ts";
import type { AnswerOf, BodyOf, PathOf, QueryOf, RouteName, RouteNameFor } from "./contract.ts";
import { routeOver } from "./route.ts";

declare const api: ApiClient;

test("a route says what its path, query, body and answer are", () => {
  expectTypeOf<keyof PathOf<"GET /flows/{flow}/runs/{run}/steps/{step}/tasks">>().toEqualTypeOf<
    "flow" | "run" | "step"
  >();
  expectTypeOf<keyof QueryOf<"GET /flows/{flow}/runs/{run}/steps/{step}/tasks">>().toEqualTypeOf<
    "under" | "limit" | "cursor"
  >();
  expectTypeOf<AnswerOf<"GET /flows/{flow}/runs/{run}/steps/{step}/tasks">["items"]>().toEqualTypeOf<Attempt[]>();
  expectTypeOf<BodyOf<"POST /code-packages">>().toEqualTypeOf<{ hash: string; size: number }>();
  expectTypeOf<BodyOf<"GET /flows">>().toEqualTypeOf<undefined>();
});

test("a task's process may call its own routes, one of them before its attempt has begun", () => {
  expectTypeOf<RouteNameFor<"task">>().toEqualTypeOf<"POST /runs/{flow}/{run}/tasks/start">();
  expectTypeOf<RouteNameFor<"attempt">>().toExtend<`POST /runs/{flow}/{run}/tasks/${string}`>();
  expectTypeOf<RouteName>().not.toEqualTypeOf<string>();
});

test("a call that the API would refuse does not compile", () => {
  const calls = async () => {
    // @ts-expect-error there is no such route
    await api.call("GET /flow", {});
    // @ts-expect-error its path names a flow
    await api.call("GET /flows/{flow}", {});
    // @ts-expect-error its path has a run as well
    await api.call("GET /flows/{flow}/runs/{run}", { path: { flow: "Stats" } });
    // @ts-expect-error the size is a number
    await api.call("POST /code-packages", { body: { hash: "", size: "1" } });
    // @ts-expect-error it takes no body
    await api.call("GET /flows", { body: { namespace: "" } });
    const { upload } = await api.call("POST /code-packages", { body: { hash: "", size: 1 } });
    expectTypeOf(upload?.url).toEqualTypeOf<string | undefined>();
  };
  expectTypeOf(calls).toBeFunction();
});

test("an entry whose path has a part without a schema, or whose handler answers something else, does not compile", () => {
  const route = routeOver<{ readonly now: () => number }>();
  // @ts-expect-error nothing says what a color is
  route("GET /colors/{color}", { about: "", caller: "person", handler: async () => {} });
  route("GET /flows/{flow}", {
    about: "",
    caller: "person",
    answer: z.strictObject({ at: z.number() }),
    // @ts-expect-error it answers a number by its name
    handler: async ({ now }, { path }) => ({ at: String(now()), path }),
  });
});
