import { describe, expect, test } from "vitest";
import { openService, stats } from "./fixtures.ts";
import { routes } from "./routes.ts";
import type { AnyRoute } from "./route.ts";

const all = Object.values<AnyRoute>(routes);
/** A path of the route that its schemas take. */
const pathOf = ({ route }: AnyRoute) =>
  route
    .replace("{flow}", "Stats")
    .replace("{run}", "1")
    .replace("{step}", "start")
    .replaceAll(/\{\w+\}/g, "0");

describe("attack: a step's code, with its role, at a route for people", () => {
  test.each(all.filter(({ caller }) => caller === "person").map((one) => [one.route, one] as const))(
    "%s is refused it",
    async (_, route) => {
      const { call, deploy } = await openService();
      await deploy(stats);
      const body = route.route.startsWith("GET") ? undefined : {};
      for (const as of ["task", "attempt"] as const)
        await expect(call(pathOf(route), body, { as })).rejects.toMatchObject({ code: "caller.refused" });
    },
  );

  test.each(all.filter(({ caller }) => caller === "attempt").map((one) => [one.route, one] as const))(
    "%s is refused whoever shows no token",
    async (_, route) => {
      const { call } = await openService();
      for (const as of ["person", "task", "attempt"] as const)
        await expect(call(pathOf(route), {}, { as })).rejects.toMatchObject({ code: "token.invalid" });
    },
  );
});
