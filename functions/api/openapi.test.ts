import { expect, test } from "vitest";
import { openApi } from "./openapi.ts";
import { routes } from "./routes.ts";

type Content = { readonly content: Record<string, { readonly schema: { readonly properties?: object } }> };
type Operation = {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: Content;
  readonly responses: Record<string, Content>;
};

test("the OpenAPI document has every route, with what each is asked", () => {
  const document = openApi("1.2.3") as { paths: Record<string, Record<string, Operation>> };
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual(
    Object.values(routes)
      .map(({ route }) => route)
      .toSorted(),
  );
  const finish = document.paths["/runs/{flow}/{run}/tasks/finish"]!["post"]!;
  expect(finish.parameters.map(({ name }) => name)).toEqual(["flow", "run", "millrace-token"]);
  expect(Object.keys(finish.requestBody!.content["application/json"]!.schema.properties!)).toContain("controls");
  const list = document.paths["/flows/{flow}/runs"]!["get"]!;
  const answer = list.responses["200"]!.content["application/json"]!.schema;
  expect(Object.keys(answer.properties!)).toEqual(["items", "cursor"]);
  expect(list.parameters.filter((one) => one.in === "query").map(({ name }) => name)).toContain("status");
});

test("it is JSON through and through", () => {
  const document = openApi("1.2.3");
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});
