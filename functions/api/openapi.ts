import { z } from "zod";
import { graphSchema } from "../../graph/schema.ts";
import { ANSWERS } from "./answers.ts";
import { ROUTES, TASK_ROUTES, TASK_TOKEN_HEADER } from "./contract.ts";
import { PROBLEM_TYPE } from "./problem.ts";
import * as schemas from "./schemas.ts";

type Json = Record<string, unknown>;

/** What each route is for, and the schema of what it is asked. */
const ASKED: Readonly<
  Record<keyof typeof ROUTES | keyof typeof TASK_ROUTES, readonly [what: string, body?: z.ZodType, query?: z.ZodType]>
> = {
  storeCode: ["A URL to upload a code package to; none where it is stored already.", schemas.storeCode],
  registerFlow: ["Deploys a flow as a new version.", schemas.registerFlow],
  readFlow: ["A deployed flow."],
  removeFlow: ["Takes a flow's machine and schedule away; its runs stay.", undefined, schemas.removeFlow],
  listFlows: ["Every flow that has a run, with its newest.", undefined, schemas.listFlows],
  createRun: ["Starts a run of a deployed flow, or records one that the caller carries out.", schemas.createRun],
  findRuns: ["The runs of all flows, newest first.", undefined, schemas.listRuns],
  listRuns: ["A flow's runs, newest first.", undefined, schemas.listRuns],
  readRun: ["A run."],
  changeRun: ["Changes a run's tags.", schemas.changeRun],
  stopRun: ["Stops a run."],
  finishRun: ["Ends a run that the caller carried out.", schemas.finishRun],
  heartbeatRun: ["Says that a run that the caller carries out is alive."],
  defineJobs: ["Defines the Batch jobs that the steps of a run of one's own need.", schemas.defineJobs],
  readControl: ["What a split, switch or loop of a run that the caller carries out has to go by."],
  keepBooks: ["What the state machine of a run that the caller carries out asks.", schemas.keepBooks],
  listSteps: ["A run's steps, with how many tasks stand at each status."],
  listTasks: ["A step's tasks, each as its newest attempt.", undefined, schemas.listTasks],
  listAttempts: ["Every attempt of one task."],
  sign: ["URLs to read and write blobs by.", schemas.sign],
  startTask: ["Begins an attempt of a task.", schemas.startTask],
  readBranches: ["More of the branches that a join joins.", schemas.readBranches],
  signForTask: ["URLs for what an attempt may read and leaves.", schemas.signForTask],
  heartbeatTask: ["Says that an attempt is alive."],
  finishTask: ["Ends an attempt.", schemas.finishTask],
};

/** The HTTP API as an OpenAPI 3.1 document, made of the schemas that its requests are held to. */
export function openApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [id, route] of Object.entries({ ...ROUTES, ...TASK_ROUTES })) {
    const [method = "", path = ""] = route.split(" ");
    const [description, body, query] = ASKED[id as keyof typeof ASKED];
    const isTask = id in TASK_ROUTES && id !== "startTask";
    (paths[path] ??= {})[method.toLowerCase()] = {
      operationId: id,
      description,
      parameters: [...pathParameters(path), ...queryParameters(query), ...(isTask ? [TOKEN] : [])],
      ...(body && { requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body) } } } }),
      responses: {
        ...answerOf(ANSWERS[id as keyof typeof ANSWERS]),
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
    mend: text,
    where: { type: "object" },
  },
};

const PARTS: Readonly<Record<string, z.ZodType>> = {
  flow: schemas.flowName,
  run: schemas.runNumber,
  step: schemas.stepName,
  index: schemas.taskIndex,
  node: schemas.nodeName,
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
    schema: jsonSchema(PARTS[name]!),
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
