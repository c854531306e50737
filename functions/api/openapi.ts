import { z } from "zod";
import { graphSchema } from "../../graph/schema.ts";
import { PROBLEM_TYPE } from "./problem.ts";
import type { AnyRoute } from "./route.ts";
import { routes } from "./routes.ts";
import { pathParts } from "./schemas.ts";
import { TASK_TOKEN_HEADER } from "./token-header.ts";

type Json = Record<string, unknown>;

/** The HTTP API as an OpenAPI 3.1 document, made of the routes themselves. */
export function openApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [id, { route, about, caller, query, body, answer }] of Object.entries<AnyRoute>(routes)) {
    const [method = "", path = ""] = route.split(" ");
    (paths[path] ??= {})[method.toLowerCase()] = {
      operationId: id,
      description: about,
      parameters: [...pathParameters(path), ...queryParameters(query), ...(caller === "attempt" ? [TOKEN] : [])],
      ...(body && { requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body) } } } }),
      responses: {
        ...answerOf(answer),
        default: { description: "A problem", content: { [PROBLEM_TYPE]: { schema: PROBLEM } } },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Millrace", version },
    security: [{ sigv4: [] }],
    components: {
      securitySchemes: {
        sigv4: {
          type: "apiKey",
          in: "header",
          name: "Authorization",
          description: "AWS Signature Version 4 for the service execute-api",
        },
      },
      schemas: { Graph: graphSchema },
    },
    paths,
  };
}

const TOKEN = { name: TASK_TOKEN_HEADER, in: "header", required: true, schema: { type: "string" } };

const text = { type: "string" };
const PROBLEM = {
  type: "object",
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: text,
    title: text,
    status: { type: "integer" },
    detail: text,
    code: text,
    hint: text,
    where: { type: "object" },
  },
};

function answerOf(schema: z.ZodType | undefined): Json {
  if (!schema) return { 204: { description: "Done" } };
  return { 200: { description: "Done", content: { "application/json": { schema: jsonSchema(schema) } } } };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: jsonSchema(pathParts[name as keyof typeof pathParts]),
  }));
}

function queryParameters(query: z.ZodType | undefined): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = jsonSchema(query) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

/** OpenAPI 3.1 has one dialect for the whole document. */
function jsonSchema(schema: z.ZodType): Json {
  const made: Json = { ...z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) };
  delete made["$schema"];
  return made;
}
