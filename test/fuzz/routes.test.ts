import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { openService, stats } from "../../functions/api/fixtures.ts";
import type { AnyRoute } from "../../functions/api/route.ts";
import { routes } from "../../functions/api/routes.ts";
import { damagedBytes, fuzzed, fuzzTimeout, MOST_MEMORY } from "./inputs.ts";
import { likeSchema } from "./like-schema.ts";

const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
/** What is there, what is not, and what cannot be. */
const part = fc.oneof(
  fc.constantFrom("Stats", "1", "2", "start", "compute", "0", "0.1", "merge", "..", "%00", "__proto__"),
  fc.string({ maxLength: 12 }),
);

const requests = fc.constantFrom(...Object.values<AnyRoute>(routes)).chain(({ route, query, body }) => {
  const [method = "", path = ""] = route.split(" ");
  const names = [...path.matchAll(/\{\w+\}/g)];
  const json = (body ? likeSchema(schemaOf(body)) : fc.jsonValue()).map((value) => JSON.stringify(value) ?? "");
  return fc.record({
    method: fc.constant(method),
    path: fc
      .array(part, { minLength: names.length, maxLength: names.length })
      .map((parts) =>
        path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(Buffer.from(parts.shift() ?? "").toString())),
      ),
    query: query ? likeSchema(schemaOf(query)) : fc.constant({}),
    body: fc.oneof({ weight: 4, arbitrary: json }, damagedBytes(json.map((text) => Buffer.from(text)))),
    token: fc.option(fc.base64String()),
  });
});

function addressOf(path: string, query: unknown): string {
  const parts = Object.entries(Object(query) as object).map(([name, value]) => [name, String(value)] as const);
  return `${path}?${new URLSearchParams(Object.fromEntries(parts))}`;
}

test(
  "fuzz: whatever a route is asked, it answers within its schemas or says what is wrong, never 500",
  { timeout: fuzzTimeout },
  async () => {
    const { app, deploy, trigger } = await openService();
    await deploy(stats);
    await trigger("Stats");
    const before = process.memoryUsage().rss;
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(requests, async ({ method, path, query, body, token }) => {
        const hasBody = method !== "GET" && method !== "HEAD";
        const response = await app.request(addressOf(path, query), {
          method,
          ...(hasBody && { body: typeof body === "string" ? body : new Uint8Array(body) }),
          ...(token !== null && { headers: { "millrace-token": token } }),
        });
        statuses.add(response.status);
        expect(response.status).toBeLessThan(500);
        const answer = response.ok ? { code: "none.needed" } : await response.json();
        expect(answer).toMatchObject({ code: expect.stringMatching(/^\w+\.\w+$/) });
      }),
      fuzzed,
    );
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]));
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_MEMORY);
  },
);
